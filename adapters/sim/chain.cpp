#include "adapters/sim/chain.hpp"

#include <algorithm>

#include "base/byte_io.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {

using namespace coordinator;

SimChain::SimChain(World world, std::vector<std::string> protocols, Rng rng)
    : world_(std::move(world)),
      protocols_(std::move(protocols)),
      rng_(rng),
      begin_(protocols_.begin(), protocols_.end()) {}

void SimChain::start(ports::Sink sink) {
  sink_ = std::move(sink);
  alive_ = std::make_shared<bool>(true);
  wake(200);
}

void SimChain::stop() {
  if (alive_) *alive_ = false;
  sink_ = nullptr;
}

void SimChain::follow(const Hash32& plan, InstanceIndex instance) {
  const auto* spec = world_.plans.find(plan);
  if (spec == nullptr) return;
  followed_[{plan, instance}] = {spec, std::nullopt, std::nullopt, std::nullopt};
  wake(50);
}

void SimChain::refeed(const std::string& protocol) {
  fed_ = 0;
  begin_.insert(protocol);
  wake(100);
}

void SimChain::perform(const Effect& effect, ports::ExpectedRows expected) {
  const auto wanted = key(effect);
  if (!world_.is_durable(wanted)) world_.broke("S11: asked for " + wanted + ", which is not durable");
  std::erase_if(tasks_, [&](const Task& task) { return key(task.effect) == wanted; });
  tasks_.push_back({effect, std::move(expected)});
  wake(100);
}

void SimChain::wake(TimeMs within) {
  if (!alive_ || !*alive_) return;
  const auto when = world_.time.now() + 1 + rng_.below(within + 1);
  if (poll_at_ && *poll_at_ <= when) return;
  poll_at_ = when;
  world_.time.at(when, [this, alive = alive_, when] {
    if (!*alive || poll_at_ != when) return;
    poll_at_.reset();
    poll();
  });
}

void SimChain::poll() {
  const auto sight = look();
  if (!sight.head) return;
  tell_violation(sight);
  tell_head(sight);
  if (sight.final) tell_final(sight);
  tell_governance();
  watch(sight);
  auto tasks = std::exchange(tasks_, {});
  for (auto& task : tasks) {
    if (!work(task, sight)) tasks_.push_back(std::move(task));
  }
}

/// K > 1: the final number is the highest that K endpoints name, and K of them must give the same hash for it.
SimChain::Sight SimChain::look() {
  auto& line = world_.line;
  Sight sight;
  const auto count = line.endpoints.size();
  for (std::size_t i = 0; i < count && !line.endpoints[line.preferred % count].up; ++i) ++line.preferred;
  const auto& used = line.endpoints[line.preferred % count];
  if (!used.up) return sight;
  const auto behind = [](std::uint64_t num, std::uint64_t lag) { return num - std::min(num, lag); };
  const bool lying = line.lie != Lie::none;
  sight.false_head = lying && used.lies;
  sight.head = behind(world_.ledger.head_num(), sight.false_head ? 0 : used.lag);
  if (line.deceived()) {
    sight.false_final = sight.false_head = true;
    sight.final = world_.ledger.final_num();
    return sight;
  }
  std::vector<std::uint64_t> named, honest;
  for (const auto& endpoint : line.endpoints) {
    if (!endpoint.up) continue;
    const auto own = std::min(world_.ledger.final_num(), behind(world_.ledger.head_num(), endpoint.lag));
    if (lying && endpoint.lies) {
      named.push_back(world_.ledger.final_num() + 3);
    } else {
      named.push_back(own);
      honest.push_back(own);
    }
  }
  if (named.size() < line.quorum) return sight;
  std::ranges::sort(named, std::greater{});
  const auto num = named[line.quorum - 1];
  const auto agree = static_cast<std::size_t>(std::ranges::count_if(honest, [&](auto own) { return own >= num; }));
  if (agree >= line.quorum) sight.final = num;
  return sight;
}

BlockRef SimChain::false_ref(std::uint64_t num) const {
  const auto& below = world_.ledger.at(std::min(num, world_.ledger.head_num())).ref;
  ByteWriter out;
  out.fixed(below.hash);
  out.u8(static_cast<std::uint8_t>(world_.line.lie));
  return {num + 1, keccak256(out.take()), below.time};
}

BlockRef SimChain::head_ref(const Sight& sight) const {
  return sight.false_head ? false_ref(*sight.head) : world_.ledger.at(*sight.head).ref;
}

void SimChain::tell_head(const Sight& sight) {
  const auto head = head_ref(sight);
  std::optional<std::uint64_t> retracted;
  while (!window_.empty() && window_.back() != head && !world_.ledger.has(window_.back())) {
    retracted = window_.back().num;
    window_.pop_back();
  }
  if (sight.false_head && !window_.empty() && window_.back().num >= head.num && window_.back() != head) {
    retracted = head.num;
    std::erase_if(window_, [&](const auto& ref) { return ref.num >= head.num; });
  }
  if (retracted) {
    for (auto& [member, followed] : followed_) {
      followed.head_told.reset();
      sink_(Event{HeadRetracted{member.first, member.second, *retracted}});
    }
  }
  if (!window_.empty() && head.num < window_.back().num) return;  // an endpoint that lags
  if (window_.empty() || window_.back() != head) {
    const auto from = window_.empty() ? head.num : window_.back().num + 1;
    for (auto num = from; num < head.num; ++num) window_.push_back(world_.ledger.at(num).ref);
    window_.push_back(head);
    if (window_.size() > 256) window_.erase(window_.begin(), window_.begin() + 128);
  }
  for (auto& [member, followed] : followed_) {
    auto seen = view(followed, member.second, head, sight.false_head);
    auto same = seen;
    if (followed.head_told) same.block = followed.head_told->block;
    if (followed.head_told && same == *followed.head_told) continue;
    followed.head_told = seen;
    sink_(Event{GateObserved{member.first, member.second, Finality::head, std::move(seen)}});
  }
}

void SimChain::tell_violation(const Sight& sight) {
  const auto was = final_ ? final_ : world_.line.remembered_final;
  if (!was || sight.false_final || world_.ledger.has(*was) || *sight.head < was->num) return;
  const auto now = world_.ledger.at(was->num).ref;
  final_.reset();
  world_.line.remembered_final.reset();
  fed_ = watched_ = 0;
  begin_.insert(protocols_.begin(), protocols_.end());
  for (auto& [member, followed] : followed_) {
    followed.final_told.reset();
    sink_(Event{FinalityViolated{member.first, member.second, *was, now}});
  }
}

void SimChain::tell_final(const Sight& sight) {
  const auto block = sight.false_final ? false_ref(*sight.final) : world_.ledger.at(*sight.final).ref;
  const auto was = final_ ? final_ : world_.line.remembered_final;
  if (was && (block.num < was->num || (block.num == was->num && block.hash != was->hash))) return;
  if (!sight.false_final && was && !world_.ledger.has(*was)) return;  // the violation is told when the head is there
  final_ = world_.line.remembered_final = block;
  feed(block, sight.false_final);
  for (auto& [member, followed] : followed_) {
    auto seen = view(followed, member.second, block, sight.false_final);
    if (followed.final_told == seen) continue;
    followed.final_told = seen;
    sink_(Event{GateObserved{member.first, member.second, Finality::final, std::move(seen)}});
  }
  if (!sight.false_final) tell_interference(watched_ + 1, block.num);
  if (!sight.false_final) watched_ = std::max(watched_, block.num);
}

void SimChain::feed(const BlockRef& upto, bool invented) {
  if (upto.num <= fed_) return;
  for (ProtocolIndex p = 0; p < protocols_.size(); ++p) {
    if (world_.ledger.head().instances[p] == nullptr) continue;
    ports::MirrorFeed feed{
        protocols_[p], world_.ledger.rules().name, fed_ + 1, upto, {}, begin_.erase(protocols_[p]) > 0};
    for (auto num = fed_ + 1; num <= upto.num && !(invented && num == upto.num); ++num) {
      const auto& operations = world_.ledger.at(num).operations[p];
      feed.operations.insert(feed.operations.end(), operations.begin(), operations.end());
    }
    sink_(std::move(feed));
  }
  fed_ = upto.num;
}

void SimChain::tell_interference(std::uint64_t from, std::uint64_t to) {
  for (auto num = from; num <= to; ++num) {
    for (const auto protocol : world_.ledger.at(num).touched_by_outsider) {
      for (const auto& [member, followed] : followed_) {
        if (followed.spec->protocol != protocol) continue;
        sink_(Event{InterferenceObserved{member.first, member.second, world_.ledger.at(num).ref,
                                         "somebody acted on the instance past its gate"}});
      }
    }
  }
}

/// As a real adapter, which reads it at final blocks: executed is not told before a final block shows what came of it.
void SimChain::tell_governance() {
  for (auto& [member, followed] : followed_) {
    const auto found = world_.plans.governance.find(member);
    if (found == world_.plans.governance.end() || followed.governance_told == found->second) continue;
    const bool executed = found->second.stage == coordinator::GovernanceStage::executed;
    if (executed && (!followed.final_told || followed.final_told->plan_hash != member.first)) continue;
    followed.governance_told = found->second;
    sink_(Event{GovernanceObserved{member.first, member.second, found->second.stage, found->second.executable_at, {}}});
  }
}

GateView SimChain::view(const Followed& followed, InstanceIndex, const BlockRef& block, bool invented) const {
  const auto num = std::min(block.num, world_.ledger.head_num());
  const auto& instance = *world_.ledger.at(num).instances[followed.spec->protocol];
  auto seen = instance.gate.view(block);
  const auto& plan = followed.spec->plan;
  const bool ours = seen.plan_hash == plan.hash && seen.epoch == plan.epoch;
  if (!invented || !ours || world_.line.lie == Lie::frozen) return seen;
  seen.block.time = std::max(seen.block.time, plan.window.halt_at);
  seen.halted = true;
  seen.engaged = plan.instances.size() > 0;
  if (world_.line.lie == Lie::halted) return seen;
  seen.phase = GatePhase::switched;
  seen.switched_at = seen.block.time;
  seen.switched_in = seen.block;
  if (world_.line.lie == Lie::decided_new) seen.decision = Outcome::new_version;
  if (world_.line.lie == Lie::closed_new || world_.line.lie == Lie::closed_old) {
    const bool is_new = world_.line.lie == Lie::closed_new;
    seen.phase = is_new ? GatePhase::closed_new : GatePhase::closed_old;
    seen.decision = is_new ? Outcome::new_version : Outcome::old_version;
    seen.closed_at = seen.block.time;
    seen.halted = false;
  }
  return seen;
}

}  // namespace lockstep::sim
