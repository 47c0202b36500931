#include "runtime/mirror_book.hpp"

#include <algorithm>
#include <limits>
#include <ranges>
#include <set>

#include "coordinator/outstanding.hpp"
#include "mirror/rows.hpp"
#include "mirror/state.hpp"

namespace lockstep::runtime {

namespace {

using coordinator::CheckEvidence;
using coordinator::GatePhase;
using coordinator::Outcome;
using coordinator::TakeBaseline;

const coordinator::PlanState* find(const coordinator::State& state, const Hash32& plan,
                                   coordinator::InstanceIndex instance) {
  const auto at = state.plans.find(plan);
  return at == state.plans.end() || instance >= at->second.instances.size() ? nullptr : &at->second;
}

bool is_of(const coordinator::Plan& plan, const coordinator::GateView& view) {
  return view.epoch == plan.epoch && view.plan_hash == plan.hash;
}

/// Whoever was away when the instance was halted has no baseline, but may see that it was switched: what that switch
/// announced is the plan's all the same. Of a final view: a head may be a lie, and what the mirror once took for one
/// stays.
std::optional<std::uint64_t> last_before_switch(const coordinator::Plan& plan, coordinator::InstanceIndex index,
                                                const coordinator::GateView& view) {
  const auto& since = view.switched_in;
  if (since.hash.is_zero() || since.num == 0) return std::nullopt;
  // Where nothing changes it is the block in which the halt began, and what users did in it before that is theirs.
  const bool changes = plan.instances[index].switches || plan.instances[index].activates;
  return changes ? since.num - 1 : since.num;
}

/// Between the halt and the close the chain may run either version; so it may where no gate was seen yet.
bool halts(const coordinator::InstanceState& instance) {
  const bool shown = !instance.final || instance.final->halted || (instance.head && instance.head->halted);
  return shown || (instance.baseline_asked && instance.closed == Outcome::none);
}

/// Of an effect that asks for evidence.
const coordinator::BlockRef& block_of(const coordinator::Effect& effect) {
  const auto* baseline = std::get_if<TakeBaseline>(&effect);
  return baseline != nullptr ? baseline->block : std::get<CheckEvidence>(effect).block;
}

/// Plans that closed NEW there.
std::vector<Hash32> upgrades(const coordinator::State& state, const MirrorBook::Place& place) {
  std::vector<Hash32> found;
  for (const auto& [hash, plan] : state.plans)
    for (std::size_t i = 0; i < plan.instances.size() && plan.plan.protocol == place.first; ++i)
      if (plan.plan.instances[i].chain == place.second && plan.instances[i].closed == Outcome::new_version)
        found.push_back(hash);
  return found;
}

bool closed_by(const coordinator::Plan& plan, const coordinator::GateView& view) {
  return view.epoch > plan.epoch ||
         (is_of(plan, view) && (view.phase == GatePhase::closed_new || view.phase == GatePhase::closed_old));
}

}  // namespace

bool MirrorBook::observe(const coordinator::State& state, const coordinator::GateObserved& seen) {
  if (seen.finality != coordinator::Finality::final) return true;
  const auto* plan = find(state, seen.plan, seen.instance);
  if (plan == nullptr) return true;
  auto& known = seen_[{seen.plan, seen.instance}];
  if (seen.view.block.num < known.final_num) return false;
  known.final_num = seen.view.block.num;
  if (!closed_by(plan->plan, seen.view)) known.last_unclosed_num = seen.view.block.num;
  // Kept when the gate goes on to other plans: a mirror that is built again meets what the switch announced again.
  if (is_of(plan->plan, seen.view)) known.last_before_switch = last_before_switch(plan->plan, seen.instance, seen.view);
  return true;
}

void MirrorBook::replaced(const coordinator::State& state, const coordinator::FinalityViolated& what) {
  const auto* plan = find(state, what.plan, what.instance);
  if (plan == nullptr) return;
  const Place place{plan->plan.protocol, plan->plan.instances[what.instance].chain};
  mirrors_[place] = InstanceMirror{};
  for (auto& [member, seen] : seen_) {
    const auto* other = find(state, member.first, member.second);
    if (other != nullptr && Place{other->plan.protocol, other->plan.instances[member.second].chain} == place) seen = {};
  }
}

void MirrorBook::feed(const ports::MirrorFeed& feed) { mirrors_[{feed.protocol, feed.chain}].feed(feed); }

void MirrorBook::want(const coordinator::State& state, const coordinator::Effect& effect) {
  Want want{effect, {}, {}, 0, Outcome::none};
  if (const auto* baseline = std::get_if<TakeBaseline>(&effect)) {
    want.member = {baseline->plan, baseline->instance};
    want.num = baseline->block.num;
  } else if (const auto* evidence = std::get_if<CheckEvidence>(&effect)) {
    want.member = {evidence->plan, evidence->instance};
    want.num = evidence->block.num;
    want.expected = evidence->expected;
  } else {
    return;
  }
  const auto* plan = find(state, want.member.first, want.member.second);
  if (plan == nullptr) return;
  want.place = {plan->plan.protocol, plan->plan.instances[want.member.second].chain};
  wants_.insert_or_assign(coordinator::key(effect), std::move(want));
}

namespace {

/// Up to where the mirror may go while a question about the instance is still to be asked or answered. A plan that was
/// held, or an operator that is slow, asks later: for the baseline at the block in which the halt was recorded, for
/// evidence at the block of the switch.
std::uint64_t awaited(const coordinator::PlanState& plan, const coordinator::InstanceState& instance) {
  constexpr auto none = std::numeric_limits<std::uint64_t>::max();
  if (!instance.final || !instance.final->halted || instance.closed != Outcome::none) return none;
  const auto& since = instance.final->switched_in;
  const auto changed = since.hash.is_zero() ? none : since.num;
  if (!instance.baseline_asked) return std::min(instance.final->block.num, changed);
  const bool compared = instance.evidence || plan.decision != Outcome::none || !plan.old_reason.empty();
  return compared ? none : changed;
}

}  // namespace

// Between the feed of a block and the gate seen at it, decisions still rest on the block before.
std::uint64_t MirrorBook::limit(const coordinator::State& state, const Place& place, std::uint64_t fed) const {
  auto least = fed;
  for (const auto& [member, seen] : seen_) {
    const auto* plan = find(state, member.first, member.second);
    if (plan == nullptr || coordinator::ended(plan->stage)) continue;
    if (plan->plan.protocol != place.first || plan->plan.instances[member.second].chain != place.second) continue;
    least = std::min(least, seen.final_num);
    least = std::min(least, awaited(*plan, plan->instances[member.second]));
  }
  return least;
}

std::vector<HaltedWindow> MirrorBook::windows(const coordinator::State& state, const Place& place) const {
  std::vector<HaltedWindow> found;
  for (const auto& [hash, plan] : state.plans) {
    if (plan.plan.protocol != place.first) continue;
    for (coordinator::InstanceIndex i = 0; i < plan.instances.size(); ++i) {
      const auto& instance = plan.instances[i];
      constexpr auto never = std::numeric_limits<std::uint64_t>::max();
      const auto seen = seen_.find({hash, i});
      const auto before_switch = seen == seen_.end() ? never : seen->second.last_before_switch.value_or(never);
      const bool known = instance.baseline_asked || instance.baseline || before_switch != never;
      if (plan.plan.instances[i].chain != place.second || !known) continue;
      HaltedWindow window{hash, i, 0, 0, std::nullopt, instance.closed};
      window.baseline_num = std::min({instance.baseline_asked ? instance.baseline_asked->num : never,
                                      instance.baseline ? instance.baseline->block.num : never, before_switch});
      const auto unclosed = seen == seen_.end() ? 0 : seen->second.last_unclosed_num;
      window.last_unclosed_num = std::max(window.baseline_num, unclosed);
      if (instance.closed != Outcome::none) window.closed_num = instance.closed_num;
      found.push_back(window);
    }
  }
  std::ranges::sort(found, {}, &HaltedWindow::baseline_num);
  return found;
}

void MirrorBook::forget_stale(const coordinator::State& state) {
  std::set<Hash32> plans;
  for (const auto& [key, want] : wants_) plans.insert(want.member.first);
  std::set<std::string> outstanding;
  for (const auto& hash : plans) {
    const auto plan = state.plans.find(hash);
    if (plan == state.plans.end()) continue;
    for (const auto& effect : coordinator::outstanding(plan->second)) outstanding.insert(coordinator::key(effect));
  }
  std::erase_if(wants_, [&](const auto& entry) { return !outstanding.contains(entry.first); });
}

std::vector<Answerable> MirrorBook::advance(const coordinator::State& state) {
  if (!wants_.empty()) forget_stale(state);
  std::vector<Answerable> out;
  for (auto& [place, mirror] : mirrors_) advance(state, place, mirror, out);
  return out;
}

void MirrorBook::advance(const coordinator::State& state, const Place& place, InstanceMirror& mirror,
                         std::vector<Answerable>& out) {
  if (!mirror.started() && mirror.contradiction().empty()) return;
  const bool wanted = std::ranges::any_of(wants_, [&](const auto& entry) { return entry.second.place == place; });
  if (!wanted && mirror.fed() <= mirror.position()) return;  // another plan's affair
  const auto found = windows(state, place);
  if (mirror.is_past_beginning_of(found)) {
    mirror = {};
    given_up_.insert(place);
    return;
  }
  std::set<std::uint64_t> stops;
  for (const auto& [key, want] : wants_) {
    if (want.place == place && want.num > mirror.position() && want.num <= mirror.fed()) stops.insert(want.num);
  }
  const auto last = std::max(mirror.position(), limit(state, place, mirror.fed()));
  answer(state, place, mirror, out);
  for (const auto stop : stops) {
    if (stop >= last) break;
    mirror.advance_to(stop, found, deltas_);
    answer(state, place, mirror, out);
  }
  if (last == mirror.position()) return;
  mirror.advance_to(last, found, deltas_);
  answer(state, place, mirror, out);
}

void MirrorBook::answer(const coordinator::State& state, const Place& place, const InstanceMirror& mirror,
                        std::vector<Answerable>& out) {
  for (auto at = wants_.begin(); at != wants_.end();) {
    const auto& want = at->second;
    const bool refuse = !mirror.contradiction().empty();
    if (want.place != place || (!refuse && (!mirror.started() || want.num > mirror.position()))) {
      ++at;
      continue;
    }
    Answerable answer{want.effect, nullptr, {}};
    auto rows = mirror.rows(want.member.first, want.member.second, want.expected, deltas_);
    if (!rows) {
      answer.refusal = rows.error().text();
    } else if (want.num < mirror.position()) {
      answer.refusal = "the mirror stands at block " + std::to_string(mirror.position()) + ", after block " +
                       std::to_string(want.num) + "; a restart rebuilds it";
    } else {
      auto others = upgrades(state, place);
      std::erase(others, want.member.first);
      answer.rows = std::make_shared<const ports::Expected>(*std::move(rows), std::move(others), block_of(want.effect));
      if (keep_) keep(place, want, mirror);
    }
    out.push_back(std::move(answer));
    at = wants_.erase(at);
  }
}

void MirrorBook::keep(const Place& place, const Want& want, const InstanceMirror& mirror) const {
  auto there = mirror.under(want.member.first, want.member.second, want.expected, deltas_);
  if (!there) return;  // then there were no rows either
  const char* moment = std::holds_alternative<TakeBaseline>(want.effect) ? "before"
                       : want.expected == Outcome::new_version           ? "new"
                                                                         : "old";
  keep_(std::move(*there), place.first, place.second, block_of(want.effect), moment);
}

MirrorBook::Summed MirrorBook::sum(const InstanceMirror& mirror) {
  return {mirror.position(), mirror.operations(), mirror.mirror().digest(),
          mirror::has_expiring(mirror.mirror().state())};
}

std::map<Hash32, std::vector<mirror::Delta>> MirrorBook::declared(const coordinator::State& state,
                                                                  const Place& place) const {
  std::map<Hash32, std::vector<mirror::Delta>> found;
  for (const auto& [hash, plan] : state.plans) {
    if (plan.plan.protocol != place.first || coordinator::ended(plan.stage)) continue;
    for (coordinator::InstanceIndex i = 0; i < plan.instances.size(); ++i) {
      if (plan.plan.instances[i].chain != place.second || plan.instances[i].closed != Outcome::none) continue;
      auto deltas = deltas_(hash, i);  // without them the plan's own evidence is red
      if (deltas && !deltas->empty()) found.emplace(hash, *std::move(deltas));
    }
  }
  return found;
}

std::optional<Appraisable> MirrorBook::appraisable(const coordinator::State& state, const Place& place,
                                                   InstanceMirror& mirror, bool room) {
  const auto block = mirror.standing();
  if (!block || !mirror.contradiction().empty()) return std::nullopt;
  auto& told = told_[place];
  const std::pair now{block->num, mirror.operations()};
  if (told == now) return std::nullopt;
  told = now;
  Appraisable out{.place = place, .block_num = block->num, .time = mirror.time(), .plans = declared(state, place)};
  const bool wanted = !out.plans.empty() || mirror::has_expiring(mirror.mirror().state());
  out.is_last = !wanted && followed_.erase(place) > 0;
  auto operations = mirror.recorded();
  if (!wanted || !room) {
    mirror.stop_recording();
    return out.is_last ? std::optional(std::move(out)) : std::nullopt;
  }
  if (operations) {
    out.operations = *std::move(operations);
  } else {
    out.begin = mirror.mirror();
    mirror.record();
  }
  followed_.insert(place);
  return out;
}

std::vector<Appraisable> MirrorBook::appraisables(const coordinator::State& state, bool room) {
  std::vector<Appraisable> all;
  for (auto& [place, mirror] : mirrors_)
    if (auto one = appraisable(state, place, mirror, room)) all.push_back(*std::move(one));
  return all;
}

std::optional<MirrorBook::Standing> MirrorBook::at_final(const coordinator::State& state, const Place& place) const {
  const auto found = mirrors_.find(place);
  if (found == mirrors_.end() || !found->second.contradiction().empty()) return std::nullopt;
  const auto block = found->second.standing();
  if (!block) return std::nullopt;
  return Standing{place, *block, &found->second.mirror(), upgrades(state, place)};
}

std::vector<MirrorBook::Standing> MirrorBook::standing(const coordinator::State& state) const {
  std::vector<Standing> all;
  for (const auto& place : std::views::keys(mirrors_)) {
    const bool held = std::ranges::any_of(state.plans, [&](const auto& entry) {
      const auto& plan = entry.second;
      if (plan.plan.protocol != place.first || coordinator::ended(plan.stage)) return false;
      for (std::size_t i = 0; i < plan.instances.size(); ++i)
        if (plan.plan.instances[i].chain == place.second && halts(plan.instances[i])) return true;
      return false;
    });
    auto one = held ? std::nullopt : at_final(state, place);
    if (one) all.push_back(*std::move(one));
  }
  return all;
}

Result<view::MirrorAccount> MirrorBook::account(const Place& place, const Address& address) const {
  const auto found = mirrors_.find(place);
  if (found == mirrors_.end()) return fail("there is no mirror of " + place.first + ":" + place.second);
  const auto& mirror = found->second;
  if (!mirror.contradiction().empty()) return fail("the mirror is contradicted", mirror.contradiction());
  view::MirrorAccount out{mirror.position(), mirror.time(),
                          mirror::rows_of(mirror.mirror().state(), {&address, 1}, {})};
  std::erase_if(out.rows, [](const mirror::Row& row) {
    using mirror::Table;
    return row.key.table != Table::account && row.key.table != Table::position &&
           row.key.table != Table::pool_account && row.key.table != Table::pool_position &&
           row.key.table != Table::holding;
  });
  return out;
}

void MirrorBook::contradict(const Place& place, const std::string& detail) { mirrors_[place].contradict(detail); }

std::vector<view::MirrorSummary> MirrorBook::summaries() {
  std::vector<view::MirrorSummary> all;
  for (const auto& [place, mirror] : mirrors_) {
    auto& summed = summed_[place];
    if (summed.num != mirror.position() || summed.operations != mirror.operations()) summed = sum(mirror);
    view::MirrorSummary summary{place.first,
                                place.second,
                                mirror.position(),
                                mirror.mirror().account_count(),
                                mirror.mirror().order_count(),
                                mirror.operations(),
                                summed.digest,
                                mirror.contradiction(),
                                mirror.mirror().imbalance() == 0,
                                summed.has_expiring};
    all.push_back(std::move(summary));
  }
  return all;
}

}  // namespace lockstep::runtime
