#include "runtime/auditor.hpp"

#include <algorithm>
#include <memory>
#include <ranges>
#include <span>

#include "mirror/rows.hpp"

namespace lockstep::runtime {
namespace {

/// An endpoint that never answers keeps nobody waiting for longer than this many turns.
constexpr std::uint64_t patience = 10;

/// At most `count` more; begins anew, with what there is now, after the last one.
template <class Id, class Known>
std::span<const Id> take_some(std::vector<Id>& ids, std::size_t& next, std::size_t count, const Known& known) {
  if (next >= ids.size()) {
    ids.assign(std::views::keys(known).begin(), std::views::keys(known).end());
    std::ranges::sort(ids);
    next = 0;
  }
  const auto some = std::span<const Id>(ids).subspan(next, std::min(count, ids.size() - next));
  next += some.size();
  return some;
}

}  // namespace

std::optional<ports::AuditAsked> Auditor::next(const MirrorBook::Standing& standing, std::uint64_t now_ms) {
  if (pace_.every_ms == 0) return std::nullopt;
  auto& turn = turns_[standing.place];
  const auto wait = turn.waiting ? patience * pace_.every_ms : pace_.every_ms;
  if (turn.asked_ms != 0 && now_ms < turn.asked_ms + wait) return std::nullopt;
  if (turn.waiting) turn.last.error = "the chain has answered no audit for " + std::to_string(wait / 1'000) + " s";
  if (turn.last.block_num == standing.block.num) return std::nullopt;
  turn.asked_ms = now_ms;
  turn.waiting = true;
  return ports::AuditAsked{standing.place.first, sample(standing)};
}

ports::ExpectedRows Auditor::sample(const MirrorBook::Standing& standing) {
  if (pace_.every_ms == 0) return nullptr;
  auto& turn = turns_[standing.place];
  const auto& state = standing.mirror->state();
  const auto accounts = take_some(turn.accounts, turn.next_account, pace_.sample, state.accounts);
  const auto orders = take_some(turn.orders, turn.next_order, pace_.sample, state.resting);
  return std::make_shared<const ports::Expected>(mirror::rows_of(state, accounts, orders), standing.upgrades,
                                                 standing.block);
}

void Auditor::take(const ports::AuditSeen& seen, std::uint64_t now_ms) {
  auto& turn = turns_[{seen.protocol, seen.chain}];
  turn.waiting = false;
  turn.last.error = seen.error;
  if (seen.error.empty()) turn.last = {seen.block.num, now_ms, seen.rows, seen.views, {}};
}

view::MirrorAudit Auditor::last(const MirrorBook::Place& place) const {
  const auto turn = turns_.find(place);
  return turn == turns_.end() ? view::MirrorAudit{} : turn->second.last;
}

}  // namespace lockstep::runtime
