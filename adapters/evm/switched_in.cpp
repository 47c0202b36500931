#include "adapters/evm/switched_in.hpp"

#include <algorithm>

#include "adapters/evm/follower.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BlockRef;
using coordinator::GatePhase;
using coordinator::GateView;
using Found = Result<std::optional<BlockRef>>;

bool open_epoch(const GateView& view) { return view.phase == GatePhase::armed || view.phase == GatePhase::switched; }

/// Was the plan's epoch still open at the end of `block`? `view` is of that block or a later one.
Result<bool> open_in(const Fork& fork, const GateView& view, const BlockRef& block) {
  if (open_epoch(view) || view.closed_at > block.time) return true;
  if (view.closed_at < block.time) return false;
  const auto then = fork.view(block);  // closed in the same second: only its state tells
  if (!then) return std::unexpected(then.error());
  return then->plan_hash == view.plan_hash && open_epoch(*then);
}

/// switched_at is the time of the block we look for. Where blocks share it, the first whose state shows it.
Found find_switch(const Fork& fork, const GateView& view, const Header& upto) {
  const auto time = view.switched_at;
  const auto first = first_past(fork, upto, [&](const Header& header) -> Result<bool> { return header.time >= time; });
  if (!first) return std::unexpected(first.error());
  if (first->time != time)
    return fail("no block has the time at which the gate says it was switched", {}, std::to_string(time),
                "an endpoint gives state and headers of different forks");
  auto found = *first;
  const auto next = first->num < upto.num ? fork.header(first->num + 1) : Result<Header>(upto);
  if (!next) return std::unexpected(next.error());
  if (next->num > first->num && next->time == time) {
    const auto shown = first_past(fork, upto, [&](const Header& header) -> Result<bool> {
      if (header.time != time) return header.time > time;
      const auto then = fork.view(ref(header));
      if (!then) return std::unexpected(then.error());
      return then->plan_hash == view.plan_hash && then->switched_at == time;
    });
    if (!shown) return std::unexpected(shown.error());
    found = *shown;
  }
  const auto open = open_in(fork, view, ref(found));
  if (!open) return std::unexpected(open.error());
  return *open ? std::optional(ref(found)) : std::nullopt;
}

Found find_onset(const Fork& fork, const CompiledInstance& compiled, const GateView& view, const Header& upto) {
  const auto& onset = compiled.onset;
  const bool push = !compiled.leaf.halt_calls.empty();
  if (upto.time < onset.time || upto.num < onset.num || (push && !view.engaged)) return std::nullopt;
  const auto first = first_past(fork, upto, [&](const Header& header) -> Result<bool> {
    if (header.time < onset.time || header.num < onset.num) return false;
    if (!push) return true;
    const auto then = fork.view(ref(header));
    if (!then) return std::unexpected(then.error());
    return then->plan_hash == view.plan_hash && then->engaged;
  });
  if (!first) return std::unexpected(first.error());
  const auto open = open_in(fork, view, ref(*first));
  if (!open) return std::unexpected(open.error());
  return *open ? std::optional(ref(*first)) : std::nullopt;
}

}  // namespace

Result<Header> first_past(const Fork& fork, const Header& upto,
                          const std::function<Result<bool>(const Header&)>& past) {
  auto known = upto;  // past
  std::uint64_t not_past = 0;
  bool bounded = false;
  for (std::uint64_t step = 1; known.num > 0 && !bounded; step *= 2) {
    const auto header = fork.header(known.num - std::min(step, known.num));
    if (!header) return std::unexpected(header.error());
    const auto is = past(*header);
    if (!is) return std::unexpected(is.error());
    if (*is) {
      known = *header;
    } else {
      not_past = header->num;
      bounded = true;
    }
  }
  while (bounded && known.num - not_past > 1) {
    const auto header = fork.header(not_past + (known.num - not_past) / 2);
    if (!header) return std::unexpected(header.error());
    const auto is = past(*header);
    if (!is) return std::unexpected(is.error());
    if (*is)
      known = *header;
    else
      not_past = header->num;
  }
  return known;
}

Found find_switched_in(const Fork& fork, const CompiledInstance& compiled, const Hash32& plan, const GateView& view) {
  if (view.plan_hash != plan || view.phase == GatePhase::idle) return std::nullopt;
  const bool switches = !compiled.leaf.switch_calls.empty();
  if (switches && view.switched_at == 0) return std::nullopt;
  const auto upto = fork.header(view.block.num);
  if (!upto) return std::unexpected(upto.error());
  if (upto->hash != view.block.hash) return fail("the gate was read at a block that is not canonical any more");
  return switches ? find_switch(fork, view, *upto) : find_onset(fork, compiled, view, *upto);
}

}  // namespace lockstep::evm
