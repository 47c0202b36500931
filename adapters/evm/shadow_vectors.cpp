#include "adapters/evm/shadow_vectors.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/mirror_audit.hpp"
#include "adapters/evm/readiness.hpp"
#include "mirror/rows_under.hpp"

namespace lockstep::evm {
namespace {

constexpr std::size_t views_at_once = 64;  // in one call, which a node lets use no more than a block's gas

/// Asks views where the switch was run, or the rollback after it.
class Rehearsed {
 public:
  Rehearsed(EndpointPool& pool, const FollowedPlan& plan, const ports::Expected& part, bool and_back)
      : pool_(pool), plan_(plan), part_(part), and_back_(and_back) {}

  Result<std::vector<RpcAnswer>> operator()(const std::vector<ViewBindings::Call>& calls) {
    std::vector<RpcCall> requests;
    std::vector<Call> views;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      views.push_back({.target = calls[i].target, .value = 0, .data = calls[i].data});
      if (views.size() < views_at_once && i + 1 < calls.size()) continue;
      requests.push_back(rehearsal_call(plan_, part_.block.hash, and_back_, views));
      views.clear();
    }
    const auto answers = agreed_all(pool_, requests);
    if (!answers) return std::unexpected(answers.error());
    std::vector<RpcAnswer> results;
    for (const auto& answer : *answers)
      if (auto taken = take(answer, calls, results); !taken) return std::unexpected(taken.error());
    if (results.size() != calls.size()) return fail("the shadow run answered other views than it was asked");
    return results;
  }

  /// Whether what went wrong is the new code's: a view that reverts under it.
  bool view_failed() const { return view_failed_; }

 private:
  Result<void> take(const RpcAnswer& answer, const std::vector<ViewBindings::Call>& calls,
                    std::vector<RpcAnswer>& results) {
    if (!answer) return fail(is_revert(answer.error()) ? why_reverted(answer.error()) : to_text(answer.error()));
    const auto bytes = as_bytes(answer);
    if (!bytes) return std::unexpected(bytes.error());
    const auto rehearsal = decode_rehearsal(*bytes);
    if (!rehearsal) return std::unexpected(rehearsal.error());
    const auto reason = revert_text(rehearsal->reason);
    if (const auto at = results.size() + rehearsal->index; rehearsal->failed_step == view_step && at < calls.size()) {
      view_failed_ = true;
      const auto& key = part_.rows[calls[at].row].key;
      return fail(fmt::format("a view of {} fails: {}", mirror::to_text(key), reason));
    }
    if (rehearsal->failed_step != 0)
      return fail(fmt::format("{} {} failed: {}", step_name(rehearsal->failed_step), rehearsal->index, reason));
    for (const auto& result : rehearsal->results) results.emplace_back(to_hex(result));
    return {};
  }

  static constexpr std::uint8_t view_step = 9;  // GateSteps.Step.VIEW
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
  const auto audited =
      audit([&](const std::vector<ViewBindings::Call>& calls) { return ask(calls); }, sample.views, *expected);
  if (!audited) return {ask.view_failed() ? Colour::red : Colour::amber, audited.error().text()};
  if (audited->views == 0) return {Colour::amber, "the protocol binds no views"};
  auto tolerances = sample.tolerances;
  if (!and_back) std::ranges::copy(plan.tolerances, std::back_inserter(tolerances));
  const auto [differing, words] = in_words(*expected, *audited, tolerances);
  if (differing == 0) return {Colour::green, fmt::format("{} views of {} rows", audited->views, rows.size())};
  return {Colour::red, fmt::format("{} fields differ: {}", differing, fmt::join(words, "; "))};
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
