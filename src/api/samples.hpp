#pragma once
// Families of samples made from a snapshot.
#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "view/snapshot.hpp"

namespace lockstep::api {

class Samples {
 public:
  using Labels = std::initializer_list<std::pair<const char*, std::string>>;

  /// Begins a family; the samples that follow belong to it.
  void gauge(const char* name, const char* help) { begin(name, help, prometheus::MetricType::Gauge); }
  void counter(const char* name, const char* help) { begin(name, help, prometheus::MetricType::Counter); }
  void sample(Labels labels, double value);
  const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  void begin(const char* name, const char* help, prometheus::MetricType type);
  std::vector<prometheus::MetricFamily> families_;
};

void add_chain_samples(Samples& out, const view::Snapshot& snapshot);
void add_peer_samples(Samples& out, const view::Snapshot& snapshot);
void add_plan_samples(Samples& out, const view::Snapshot& snapshot);
void add_service_samples(Samples& out, const view::Snapshot& snapshot);
void add_process_samples(Samples& out);

}  // namespace lockstep::api
