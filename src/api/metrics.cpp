#include "api/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <sstream>

#include "api/routes.hpp"
#include "api/samples.hpp"

namespace lockstep::api {
namespace {

const prometheus::Histogram::BucketBoundaries bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                     0.05,   0.1,   0.25,   0.5,   1,    2.5};

}  // namespace

Metrics::Metrics()
    : requests_(prometheus::BuildCounter()
                    .Name("lockstep_http_requests_total")
                    .Help("requests by route, method and status")
                    .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("lockstep_http_request_duration_seconds")
                     .Help("from the request's head to the response handed to the socket")
                     .Register(registry_)) {
  for (const auto& route : routes()) {
    requests_.Add({{"route", std::string(route.pattern)}, {"method", std::string(route.method)}, {"code", "200"}});
    durations_.Add({{"route", std::string(route.pattern)}}, bounds);
  }
}

Metrics::Meter Metrics::meter(std::string_view route, int status) {
  const std::string name(route);
  return {&requests_.Add({{"route", name}, {"method", "GET"}, {"code", std::to_string(status)}}),
          &durations_.Add({{"route", name}}, bounds)};
}

void Metrics::count(const std::string& route, const std::string& method, int status, double seconds) {
  // A method is part of a label: only the known ones, or a caller could make series at will.
  const bool known = method == "GET" || method == "HEAD" || method == "POST";
  requests_.Add({{"route", route}, {"method", known ? method : "other"}, {"code", std::to_string(status)}}).Increment();
  durations_.Add({{"route", route}}, bounds).Observe(seconds);
}

std::string Metrics::exposition(const view::Snapshot* snapshot, const std::vector<DeliveryCount>& deliveries) const {
  static const view::Snapshot empty;
  Samples samples;
  const auto& shown = snapshot == nullptr ? empty : *snapshot;
  add_service_samples(samples, shown);
  add_chain_samples(samples, shown);
  add_peer_samples(samples, shown);
  add_plan_samples(samples, shown);
  add_window_samples(samples, shown);
  add_transaction_samples(samples, shown);
  samples.counter("lockstep_notify_deliveries_total", "messages to people, by sink and how they ended");
  for (const auto& one : deliveries)
    samples.sample({{"sink", one.sink}, {"outcome", one.outcome}}, static_cast<double>(one.count));
  samples.gauge("lockstep_sse_clients", "open event streams");
  samples.sample({}, static_cast<double>(sse_clients_.load()));
  add_process_samples(samples);

  auto families = registry_.Collect();
  families.insert(families.end(), samples.families().begin(), samples.families().end());
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace lockstep::api
