#include "api/reply_cache.hpp"

namespace lockstep::api {

const ReplyCache::Ready* ReplyCache::find(const Context& context, std::string_view target) {
  if (context.snapshot != shown_) {
    shown_ = context.snapshot;
    ready_.clear();
  }
  const auto found = ready_.find(target);
  return found == ready_.end() ? nullptr : &found->second;
}

void ReplyCache::keep(const Context& context, std::string_view target, const Route& route, const Response& response) {
  if (context.snapshot == nullptr || context.snapshot != shown_ || ready_.size() >= most) return;
  if (response.status != 200 || response.body.size() > longest) return;
  std::string etag;
  Response unchanged{.status = 304, .body = {}, .headers = {}};
  for (const auto& [name, value] : response.headers) {
    if (name == "ETag") etag = value;
    if (name == "ETag" || name == "Cache-Control") unchanged.headers.emplace_back(name, value);
  }
  if (etag.empty()) return;
  ready_.try_emplace(std::string(target), Ready{.etag = std::move(etag),
                                                .whole = to_wire(response, true, false),
                                                .unchanged = to_wire(unchanged, true, false),
                                                .whole_meter = context.metrics->meter(route.pattern, 200),
                                                .unchanged_meter = context.metrics->meter(route.pattern, 304)});
}

bool cacheable(const Request& request) {
  return request.method == "GET" && request.body.empty() && request.header("prefer").empty() &&
         request.header("if-match").empty() && request.header("authorization").empty();
}

}  // namespace lockstep::api
