#pragma once
// /metrics: what HTTP counts itself, and everything else read from the snapshot at the moment of the scrape. Every
// family is there from the first scrape on; labels are closed sets (SURFACE).
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <atomic>
#include <string>
#include <string_view>

#include "api/server.hpp"
#include "view/snapshot.hpp"

namespace lockstep::api {

class Metrics {
 public:
  Metrics();

  /// Where answers to GETs of one route with one status are counted: found once, then cheap.
  struct Meter {
    prometheus::Counter* requests = nullptr;
    prometheus::Histogram* durations = nullptr;
    void add(double seconds) const {
      requests->Increment();
      durations->Observe(seconds);
    }
  };
  Meter meter(std::string_view route, int status);

  /// `route` is a pattern of the table, "none" if no route was found.
  void count(const std::string& route, const std::string& method, int status, double seconds);
  void set_sse_clients(std::size_t clients) { sse_clients_ = clients; }

  /// Prometheus text. `snapshot` may be null: then families have no samples yet.
  std::string exposition(const view::Snapshot* snapshot, const std::vector<DeliveryCount>& deliveries = {}) const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  std::atomic<std::size_t> sse_clients_ = 0;
};

}  // namespace lockstep::api
