#include "runtime/instance_mirror.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace lockstep::runtime {

namespace {

using mirror::Actor;
using mirror::OpCode;

enum class Treatment : std::uint8_t { apply, leave_to_plan, contradiction };

/// What a rollback may say once more. What users' trades move as well is not among it: they may act in the same block.
bool announces(OpCode code) {
  switch (code) {
    case OpCode::add_market:
    case OpCode::set_parameters:
    case OpCode::add_series:
    case OpCode::set_pool_terms:
    case OpCode::add_pool:
    case OpCode::add_board:
    case OpCode::freeze_board:
    case OpCode::add_strike:
    case OpCode::set_option_terms:
      return true;
    default:
      return false;
  }
}

/// Which window a block is in decides; a later window begins after an earlier one is closed.
Treatment treatment(const mirror::Operation& operation, const std::vector<HaltedWindow>& windows) {
  const auto num = operation.block_num;
  const auto window =
      std::find_if(windows.rbegin(), windows.rend(), [num](const auto& w) { return w.baseline_num < num; });
  const auto actor = mirror::info(operation.code).actor;
  if (window == windows.rend() || actor == Actor::prices) return Treatment::apply;
  if (!window->closed_num || num <= window->last_unclosed_num)
    return actor == Actor::administration ? Treatment::leave_to_plan : Treatment::contradiction;
  // The blocks in which it was closed: users may act again, and a rollback may announce what was never ours.
  const bool rollback = num <= *window->closed_num && window->outcome == coordinator::Outcome::old_version;
  return rollback && announces(operation.code) ? Treatment::leave_to_plan : Treatment::apply;
}

}  // namespace

void InstanceMirror::contradict(const std::string& detail) {
  if (contradiction_.empty()) contradiction_ = detail;
}

void InstanceMirror::feed(const ports::MirrorFeed& feed) {
  if (feed.begins) *this = {};
  if (!contradiction_.empty() || (!started_ && !feed.begins)) return;
  if (started_ && feed.from_num > fed_ + 1) {
    return contradict("blocks " + std::to_string(fed_ + 1) + " to " + std::to_string(feed.from_num - 1) +
                      " were never fed");
  }
  if (!started_) {
    started_ = true;
    fed_ = position_ = feed.from_num == 0 ? 0 : feed.from_num - 1;
  }
  auto previous = pending_.empty() ? fed_ : pending_.back().block_num;
  for (const auto& operation : feed.operations) {
    if (operation.block_num <= fed_ && !(fed_ == 0 && feed.from_num == 0)) continue;
    if (operation.block_num > feed.upto.num || operation.block_num < previous) {
      return contradict("an operation of block " + std::to_string(operation.block_num) + " came out of order");
    }
    previous = operation.block_num;
    pending_.push_back(operation);
  }
  if (feed.upto.num < fed_) return;
  fed_ = feed.upto.num;
  fed_upto_ = feed.upto;
}

std::optional<coordinator::BlockRef> InstanceMirror::standing() const {
  if (!started_ || position_ != fed_ || fed_upto_.num != fed_) return std::nullopt;
  return fed_upto_;
}

bool InstanceMirror::is_past_beginning_of(const std::vector<HaltedWindow>& windows) const {
  return std::ranges::any_of(windows, [this](const HaltedWindow& window) {
    return window.baseline_num < position_ && !known_.contains(window.plan);
  });
}

void InstanceMirror::advance_to(std::uint64_t num, const std::vector<HaltedWindow>& windows, const Deltas& deltas) {
  LOCKSTEP_ASSERT(num <= fed_);
  for (const auto& window : windows) known_.insert(window.plan);
  while (!pending_.empty() && pending_.front().block_num <= num && contradiction_.empty()) {
    apply_deltas_before(pending_.front().block_num, windows, deltas);
    apply(pending_.front(), windows);
    pending_.pop_front();
  }
  apply_deltas_before(num, windows, deltas);
  position_ = std::max(position_, num);
  if (position_ == fed_) time_ = fed_upto_.time;
}

void InstanceMirror::apply(const mirror::Operation& operation, const std::vector<HaltedWindow>& windows) {
  const auto where =
      "block " + std::to_string(operation.block_num) + " log " + std::to_string(operation.log_index) + ": ";
  switch (treatment(operation, windows)) {
    case Treatment::leave_to_plan:
      return;
    case Treatment::contradiction:
      return contradict(where + std::string(mirror::info(operation.code).name) + " while the instance was halted");
    case Treatment::apply:
      break;
  }
  if (auto done = mirror_.apply(operation); !done) return contradict(where + done.error().detail);
  ++operations_;
  if (!recorded_) return;
  recorded_->push_back(operation);
  if (recorded_->size() > most_recorded) recorded_.reset();
}

std::optional<std::vector<mirror::Operation>> InstanceMirror::recorded() {
  if (!recorded_) return std::nullopt;
  return std::exchange(*recorded_, {});
}

void InstanceMirror::apply_deltas_before(std::uint64_t num, const std::vector<HaltedWindow>& windows,
                                         const Deltas& deltas) {
  for (const auto& window : windows) {
    const bool due =
        window.closed_num && window.outcome == coordinator::Outcome::new_version && window.last_unclosed_num < num;
    if (!due || !contradiction_.empty() || !applied_.insert(window.plan).second) continue;
    const auto declared = deltas(window.plan, window.instance);
    if (!declared) return contradict("the declared changes of a closed plan are gone: " + declared.error().text());
    auto next = mirror_.with(*declared);
    if (!next) return contradict("the declared changes of a closed plan do not fit: " + next.error());
    mirror_ = std::move(*next);
    recorded_.reset();
  }
}

Result<mirror::Rows> InstanceMirror::rows(const Hash32& plan, coordinator::InstanceIndex instance,
                                          coordinator::Outcome expected, const Deltas& deltas) const {
  const bool as_it_is = expected != coordinator::Outcome::new_version || applied_.contains(plan);
  if (contradiction_.empty() && as_it_is) return mirror_.rows();
  const auto next = under(plan, instance, expected, deltas);
  if (!next) return std::unexpected(next.error());
  return next->rows();
}

Result<mirror::Mirror> InstanceMirror::under(const Hash32& plan, coordinator::InstanceIndex instance,
                                             coordinator::Outcome expected, const Deltas& deltas) const {
  if (!contradiction_.empty()) return fail("the mirror contradicts the chain", {}, contradiction_);
  if (expected != coordinator::Outcome::new_version || applied_.contains(plan)) return mirror_;
  const auto declared = deltas(plan, instance);
  if (!declared) return std::unexpected(declared.error());
  auto next = mirror_.with(*declared);
  if (!next) return fail("the plan's declared changes do not fit the instance", {}, next.error());
  return std::move(*next);
}

}  // namespace lockstep::runtime
