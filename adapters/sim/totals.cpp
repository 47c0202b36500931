// Figures: adding up over seeds and processes.
#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "adapters/sim/figures.hpp"
#include "base/byte_io.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {
namespace {

using Json = nlohmann::ordered_json;

void mix(Hash32& into, const Hash32& more) {
  for (std::size_t i = 0; i < Hash32::size; ++i) into.bytes[i] ^= more.bytes[i];
}

template <class Enum, std::size_t N>
Json by_name(const std::array<std::uint64_t, N>& counts) {
  auto json = Json::object();
  for (std::size_t i = 0; i < N; ++i)
    if (counts[i] > 0) json[sim::to_text(static_cast<Enum>(i))] = counts[i];
  return json;
}

template <class Enum, std::size_t N>
void add_by_name(std::array<std::uint64_t, N>& counts, const Json& json) {
  for (std::size_t i = 0; i < N; ++i) counts[i] += json.value(sim::to_text(static_cast<Enum>(i)), std::uint64_t{0});
}

Json by_number(const auto& map) {
  auto json = Json::object();
  for (const auto& [number, value] : map) json[std::to_string(number)] = value;
  return json;
}

}  // namespace

const std::array<std::pair<const char*, std::uint64_t Figures::*>, 13> Figures::counters{{
    {"seeds", &Figures::seeds_},
    {"plans", &Figures::plans_},
    {"live", &Figures::live_},
    {"simulated_s", &Figures::simulated_s_},
    {"blocks", &Figures::blocks_},
    {"events", &Figures::events_},
    {"appends", &Figures::appends_},
    {"signatures", &Figures::signatures_},
    {"deaths", &Figures::deaths_},
    {"forks", &Figures::forks_},
    {"deceived_stops", &Figures::deceived_stops_},
    {"network_plans", &Figures::network_plans_},
    {"network_new", &Figures::network_new_},
}};

void Figures::add(std::uint64_t seed, const Verdict& verdict) {
  ++seeds_;
  plans_ += verdict.plans;
  live_ += verdict.live ? 1 : 0;
  simulated_s_ += verdict.simulated_s;
  blocks_ += verdict.blocks;
  events_ += verdict.events;
  appends_ += verdict.appends;
  signatures_ += verdict.signatures;
  deaths_ += verdict.deaths;
  forks_ += verdict.forks;
  deceived_stops_ += verdict.deceived_stops;
  network_plans_ += verdict.network_plans;
  network_new_ += verdict.network_new;
  for (std::size_t i = 0; i < struck_.size(); ++i) struck_[i] += verdict.struck[i];
  for (std::size_t i = 0; i < endings_.size(); ++i) endings_[i] += verdict.endings[i];
  ++faults_[verdict.faults];
  ByteWriter named;
  named.u64(seed);
  named.fixed(verdict.trace_hash);
  mix(trace_, keccak256(named.take()));
  if (verdict.broken) violations_.emplace(seed, *verdict.broken);
}

std::string Figures::encode() const {
  auto json = Json::object();
  for (const auto& [name, counter] : counters) json[name] = this->*counter;
  json["endings"] = by_name<Ending>(endings_);
  json["struck"] = by_name<FaultClass>(struck_);
  json["seeds_by_faults"] = by_number(faults_);
  json["trace"] = to_hex(trace_);
  json["violations"] = by_number(violations_);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Figures::merge(std::string_view encoded) {
  const auto json = Json::parse(encoded, nullptr, false);
  if (json.is_discarded()) return false;
  try {
    const auto trace = fixed_from_hex<Hash32>(json.at("trace").get<std::string>());
    if (!trace) return false;
    mix(trace_, *trace);
    for (const auto& [name, counter] : counters) this->*counter += json.at(name).get<std::uint64_t>();
    add_by_name<Ending>(endings_, json.at("endings"));
    add_by_name<FaultClass>(struck_, json.at("struck"));
    for (const auto& [count, seeds] : json.at("seeds_by_faults").items())
      faults_[std::stoull(count)] += seeds.get<std::uint64_t>();
    for (const auto& [seed, law] : json.at("violations").items())
      violations_.emplace(std::stoull(seed), law.get<std::string>());
  } catch (const std::exception&) {  // a field is missing or of another type
    return false;
  }
  return true;
}

std::uint64_t Figures::median_faults() const {
  std::uint64_t passed = 0;
  for (const auto& [count, seeds] : faults_) {
    passed += seeds;
    if (passed > seeds_ / 2) return count;
  }
  return 0;
}

void Figures::print(std::ostream& out, double wall_s, double cpu_s) const {
  const auto per_seed = [&](std::uint64_t total) { return seeds_ == 0 ? 0 : total / seeds_; };
  const double years = static_cast<double>(simulated_s_) / (365.25 * 86400);
  const double cpu_h = cpu_s / 3600;
  std::uint64_t faults = 0;
  for (const auto count : struck_) faults += count;
  out << std::fixed << std::setprecision(1) << seeds_ << " seeds in " << wall_s << " s (" << cpu_s
      << " s of CPU): " << static_cast<double>(seeds_) / std::max(wall_s, 0.001) << " seeds/s, "
      << 1000 * cpu_s / static_cast<double>(std::max<std::uint64_t>(seeds_, 1)) << " ms of CPU per seed; " << plans_
      << " plans, " << years << " plan-years, " << years / std::max(cpu_h, 1e-9) << " plan-years per CPU-hour\n";
  out << "faults: " << faults << ", median per seed " << median_faults() << "; per seed " << per_seed(blocks_)
      << " blocks, " << per_seed(events_) << " events, " << per_seed(appends_) << " durable appends, "
      << per_seed(signatures_) << " signatures; " << deaths_ << " deaths, " << forks_ << " forks, " << deceived_stops_
      << " stops of deceived operators\n";
  out << "endings:";
  for (std::size_t i = 0; i < endings_.size(); ++i) out << " " << to_text(static_cast<Ending>(i)) << " " << endings_[i];
  out << "; of the network " << network_plans_ << ", NEW " << network_new_ << "; liveness promised and checked in "
      << live_ << " seeds\nby fault:";
  for (std::size_t i = 0; i < struck_.size(); ++i)
    if (struck_[i] > 0) out << " " << sim::to_text(static_cast<FaultClass>(i)) << " " << struck_[i];
  out << "\n";
}

}  // namespace lockstep::sim
