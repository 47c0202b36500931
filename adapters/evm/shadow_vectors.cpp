#include "adapters/evm/shadow_vectors.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/mirror_audit.hpp"
#include "adapters/evm/readiness.hpp"
#include "mirror/rows_under.hpp"

namespace lockstep::evm {
namespace {

constexpr std::size_t views_at_once = 64;

/// Asks views where the switch was run, or the rollback after it. A call of many that does not come to its end (a node
/// lets one use so much gas and no more) is asked again in halves, so that a view is to blame only where it was alone.
class Rehearsed {
 public:
  Rehearsed(EndpointPool& pool, const FollowedPlan& plan, const ports::Expected& part, bool and_back)
      : pool_(pool), plan_(plan), part_(part), and_back_(and_back) {}

  Result<std::vector<RpcAnswer>> operator()(const std::vector<ViewBindings::Call>& calls) {
    std::vector<Views> groups;
    for (Views rest(calls); !rest.empty(); rest = rest.subspan(groups.back().size()))
      groups.push_back(rest.first(std::min(rest.size(), views_at_once)));
    std::vector<RpcAnswer> results;
    if (auto asked = ask(groups, results); !asked) return std::unexpected(asked.error());
    return results;
  }

  /// Whether what went wrong is the new code's: a view that reverts under it.
  bool view_failed() const { return view_failed_; }

 private:
  using Views = std::span<const ViewBindings::Call>;

  Result<void> ask(std::span<const Views> groups, std::vector<RpcAnswer>& results) {
    std::vector<RpcCall> requests;
    for (const auto& group : groups) {
      std::vector<Call> views;
      for (const auto& call : group) views.push_back({.target = call.target, .value = 0, .data = call.data});
      requests.push_back(rehearsal_call(plan_, part_.block.hash, and_back_, views));
    }
    const auto answers = agreed_all(pool_, requests);
    if (!answers) return std::unexpected(answers.error());
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (auto taken = take(groups[i], (*answers)[i], results); !taken) return taken;
    return {};
  }

  Result<void> take(Views group, const RpcAnswer& answer, std::vector<RpcAnswer>& results) {
    const auto rehearsal = read(answer);
    const bool view = rehearsal && rehearsal->failed_step == view_step;
    const bool refused = !answer && answer.error().kind == transport::FailureKind::rpc;
    if ((view || refused) && group.size() > 1) {
      const auto half = group.size() / 2;
      return ask(std::array{group.first(half), group.subspan(half)}, results);
    }
    if (!rehearsal) return std::unexpected(rehearsal.error());
    const auto reason = revert_text(rehearsal->reason);
    if (view) {
      view_failed_ = true;
      return fail(fmt::format("a view of {} fails: {}", mirror::to_text(part_.rows[group[0].row].key), reason));
    }
    if (rehearsal->failed_step != 0)
      return fail(fmt::format("{} {} failed: {}", step_name(rehearsal->failed_step), rehearsal->index, reason));
    if (rehearsal->results.size() != group.size()) return fail("the shadow run answered other views than it was asked");
    for (const auto& result : rehearsal->results) results.emplace_back(to_hex(result));
    return {};
  }

  static Result<Rehearsal> read(const RpcAnswer& answer) {
    if (!answer) return fail(is_revert(answer.error()) ? why_reverted(answer.error()) : to_text(answer.error()));
    const auto bytes = as_bytes(answer);
    if (!bytes) return std::unexpected(bytes.error());
    return decode_rehearsal(*bytes);
  }

  EndpointPool& pool_;
  const FollowedPlan& plan_;
  const ports::Expected& part_;
  bool and_back_, view_failed_ = false;
};

struct Tried {
  Colour colour = Colour::green;
  std::string text;
};

/// One of the two times the views are asked.
Tried attempt(EndpointPool& pool, const FollowedPlan& plan, const ShadowSample& sample, bool and_back) {
  const auto& rows = sample.part->rows;
  const auto expected = mirror::under(rows, and_back ? std::vector<mirror::Delta>{} : plan.compiled.deltas);
  if (!expected) return {Colour::red, "the planned changes do not fit the mirror: " + expected.error()};
  Rehearsed ask(pool, plan, *sample.part, and_back);
  const auto audited = audit(std::ref(ask), sample.views, *expected);
  if (!audited) return {ask.view_failed() ? Colour::red : Colour::amber, audited.error().text()};
  if (audited->views == 0) return {Colour::amber, "the protocol binds no views"};
  auto tolerances = sample.tolerances;
  if (!and_back) std::ranges::copy(plan.tolerances, std::back_inserter(tolerances));
  const auto [differing, words] = in_words(*expected, *audited, tolerances);
  if (differing == 0) return {Colour::green, fmt::format("{} views of {} rows", audited->views, rows.size())};
  return {Colour::red, fmt::format("fields that differ: {}; {}", differing, fmt::join(words, "; "))};
}

}  // namespace

void add_vector_rows(Rows& rows, EndpointPool& pool, const FollowedPlan& plan, const ShadowSample& sample) {
  if (plan.compiled.bare || plan.compiled.leaf.switch_calls.empty()) return;
  if (sample.part == nullptr) {
    rows.add("shadow-vectors", "", Colour::amber,
             "not tried under the new code: the mirror is not at a final block yet, or audits are off "
             "(service.audit_every_s)");
    return;
  }
  const auto at = sample.part->block.num;
  const auto forward = attempt(pool, plan, sample, false);
  if (forward.colour != Colour::green)
    return rows.add("shadow-vectors", "", forward.colour, "under the new code at block {}: {}", at, forward.text);
  if (!revocable(plan))
    return rows.add("shadow-vectors", "", Colour::green,
                    "{} answer at block {} as the mirror has them under the new code", forward.text, at);
  const auto back = attempt(pool, plan, sample, true);
  if (back.colour != Colour::green)
    return rows.add("shadow-vectors", "", back.colour, "after the rollback at block {}: {}", at, back.text);
  rows.add("shadow-vectors", "", Colour::green,
           "{} answer at block {} as the mirror has them under the new code, and after the rollback as now",
           forward.text, at);
}

}  // namespace lockstep::evm
