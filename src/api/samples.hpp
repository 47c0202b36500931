#pragma once
// Families of samples made from a snapshot.
#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/durations.hpp"
#include "view/snapshot.hpp"

namespace lockstep::api {

class Samples {
 public:
  using Labels = std::initializer_list<std::pair<const char*, std::string>>;

  /// Begins a family; the samples that follow belong to it.
  void gauge(const char* name, const char* help) { begin(name, help, prometheus::MetricType::Gauge); }
  void counter(const char* name, const char* help) { begin(name, help, prometheus::MetricType::Counter); }
  void histogram(const char* name, const char* help) { begin(name, help, prometheus::MetricType::Histogram); }
  void sample(Labels labels, double value);
  void sample(Labels labels, const Durations& durations);
  const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  void begin(const char* name, const char* help, prometheus::MetricType type);
  std::vector<prometheus::MetricFamily> families_;
};

/// Open plans, and the few that ended last: series do not grow with the years.
inline double real(std::uint64_t value) { return static_cast<double>(value); }

std::vector<const coordinator::PlanState*> plans_shown(const view::Snapshot& snapshot);
std::string plan_label(const coordinator::PlanState& plan);

void add_rpc_samples(Samples& out, const view::Snapshot& snapshot);
void add_chain_samples(Samples& out, const view::Snapshot& snapshot);
void add_peer_samples(Samples& out, const view::Snapshot& snapshot);
void add_plan_samples(Samples& out, const view::Snapshot& snapshot);
void add_window_samples(Samples& out, const view::Snapshot& snapshot);
void add_transaction_samples(Samples& out, const view::Snapshot& snapshot);
void add_service_samples(Samples& out, const view::Snapshot& snapshot);
void add_process_samples(Samples& out);

}  // namespace lockstep::api
