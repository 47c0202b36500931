#pragma once
// Replies of live views as they go to the socket, kept for as long as the snapshot they show is the newest: a poller
// costs one look-up and one write. Only plain GETs that were answered 200 are kept; a target is what it is by its
// bytes.
#include <map>
#include <string>
#include <string_view>

#include "api/metrics.hpp"
#include "api/routes.hpp"

namespace lockstep::api {

class ReplyCache {
 public:
  struct Ready {
    std::string etag;
    std::string whole, unchanged;  // 200 and 304, on a connection that stays
    Metrics::Meter whole_meter, unchanged_meter;
  };

  /// The reply to a request that has neither body nor preference; null: it has to be made.
  const Ready* find(const Context& context, std::string_view target);
  /// `response` answers `target` in this context.
  void keep(const Context& context, std::string_view target, const Route& route, const Response& response);

 private:
  static constexpr std::size_t most = 64, longest = std::size_t{256} << 10;
  view::SnapshotPtr shown_;
  std::map<std::string, Ready, std::less<>> ready_;
};

/// Whether a reply to it may come from the cache or go there.
bool cacheable(const Request& request);

}  // namespace lockstep::api
