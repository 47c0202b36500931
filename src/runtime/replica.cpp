#include "runtime/replica.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace lockstep::runtime {

void Replica::follow(const std::map<Hash32, std::vector<mirror::Delta>>& plans) {
  std::erase_if(followed_, [&](const auto& one) { return !plans.contains(one.first); });
  for (const auto& [plan, declared] : plans)
    followed_.try_emplace(plan, Followed{mirror::Shadow(declared), block_num_, 0});
}

void Replica::take(Appraisable told) {
  if (told.begin) {
    mirror_ = *std::move(told.begin);
    block_num_ = told.block_num;
    followed_.clear();  // what was followed before led to another mirror
  }
  place_ = told.place;
  follow(told.plans);
  for (const auto& operation : told.operations) {
    for (auto& [plan, one] : followed_) one.shadow.before(mirror_.state(), operation);
    const auto done = mirror_.apply(operation);
    LOCKSTEP_ASSERT(done.has_value());  // the mirror took it in the same state
    for (auto& [plan, one] : followed_) {
      one.shadow.after(mirror_.state(), operation);
      ++one.operations;
    }
  }
  block_num_ = told.block_num;
  time_ = told.time;
}

view::MirrorShadow Replica::drift(const Hash32& plan, const Followed& followed) const {
  view::MirrorShadow shown{plan, followed.since_num, block_num_, followed.operations, nullptr, {}};
  auto drift = followed.shadow.drift(mirror_.state(), time_, most_accounts);
  if (drift) {
    shown.drift = std::make_shared<const mirror::Drift>(*std::move(drift));
  } else {
    shown.error = std::move(drift.error());
  }
  return shown;
}

Appraisal Replica::appraise() const {
  Appraisal found{.place = place_, .block_num = block_num_};
  for (const auto& [plan, followed] : followed_) found.shadows.push_back(drift(plan, followed));
  const auto& state = mirror_.state();
  if (!mirror::has_expiring(state)) return found;
  auto portfolio = mirror::portfolio_of(state, time_);
  if (portfolio) {
    found.portfolio = std::make_shared<const mirror::Portfolio>(*std::move(portfolio));
  } else {
    found.unpriceable = std::move(portfolio.error());
  }
  return found;
}

}  // namespace lockstep::runtime
