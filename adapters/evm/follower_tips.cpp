// What the endpoints call head and final, and what follows from that.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/follower.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint64_t usual_spread = 4;  // blocks between honest heads

}  // namespace

std::vector<RpcCall> Follower::tip_calls() const {
  std::vector<RpcCall> calls{block_by_tag("latest")};
  if (tag_ == settings::FinalityTag::safe) calls.push_back(block_by_tag("safe"));
  if (tag_ == settings::FinalityTag::finalized) calls.push_back(block_by_tag("finalized"));
  return calls;
}

/// The final block as one endpoint sees it, by the configured tag.
std::optional<Header> Follower::own_final(std::size_t endpoint, const std::vector<RpcAnswer>& answers,
                                          const Header& head, Tips& tips) {
  auto header = as_header(answers[1]);
  if (!header) {
    tips.note = "no final block: " + header.error().text();
    return std::nullopt;
  }
  if (header->num > head.num) {
    tips.note = fmt::format("final block {} is above head {}", header->num, head.num);
    return std::nullopt;
  }
  auto& highest = highest_[endpoint];
  if (header->num < highest) tips.regressed++;
  highest = std::max(highest, header->num);
  return *header;
}

Result<Follower::Tips> Follower::ask_tips() {
  const auto answers = pool_.ask(tip_calls());
  if (!answers) return std::unexpected(rpc_error("head not readable", answers.error()));
  auto head = as_header((*answers)[0]);
  if (!head) {
    pool_.distrust(pool_.preferred(), "eth_getBlockByNumber", head.error().text());
    return std::unexpected(head.error());
  }
  Tips tips{.heads = {{pool_.preferred(), *head}}, .final = std::nullopt, .note = {}};
  if (answers->size() == 2) tips.final = own_final(pool_.preferred(), *answers, *head, tips);
  return tips;
}

/// K > 1: the final number is the highest that K endpoints call final, and K of them must give the same hash for it.
/// Heads that K endpoints have reached come before those behind them, so that nobody's old head holds us.
Result<Follower::Tips> Follower::vote_on_tips() {
  const auto quorum = pool_.quorum();
  const auto enough = [&](const EndpointPool::ByEndpoint& all) { return all.size() >= quorum; };
  Tips tips;
  std::vector<std::uint64_t> finals;
  for (const auto& [endpoint, answers] : pool_.each(tip_calls(), enough, grace_ms)) {
    auto head = as_header(answers[0]);
    if (!head) {
      pool_.distrust(endpoint, "eth_getBlockByNumber", head.error().text());
      continue;
    }
    if (answers.size() == 2) {
      if (const auto own = own_final(endpoint, answers, *head, tips)) finals.push_back(own->num);
    } else if (head->num >= confirmations_) {
      finals.push_back(head->num - confirmations_);
    }
    tips.heads.push_back({endpoint, *std::move(head)});
  }
  if (tips.heads.empty()) return fail("head not readable", {}, "no endpoint is up");
  std::vector<std::uint64_t> nums;
  for (const auto& candidate : tips.heads) nums.push_back(candidate.head.num);
  std::ranges::sort(nums, std::greater{});
  const auto reached = nums[std::min<std::size_t>(quorum, nums.size()) - 1];
  if (nums.front() > reached + usual_spread) {
    tips.note =
        fmt::format("{} endpoints have reached head {}, the furthest says {}: some lag", quorum, reached, nums.front());
  }
  std::ranges::stable_sort(tips.heads, {}, [&](const Candidate& candidate) {
    return std::pair(candidate.head.num < reached, candidate.endpoint != pool_.preferred());
  });
  if (finals.size() < quorum) {
    tips.note =
        fmt::format("{} of {} endpoints name a final block, {} needed", finals.size(), pool_.status().size(), quorum);
    return tips;
  }
  std::ranges::sort(finals, std::greater{});
  auto final = agreed_header(pool_, finals[quorum - 1], true);
  if (final)
    tips.final = *std::move(final);
  else
    tips.note = final.error().text();
  return tips;
}

/// Where a tag alone was wrong before, only blocks that are deep as well are final.
Result<void> Follower::keep_floor(Tips& tips) {
  const auto depth = facts_.min_depth;
  const auto head = window_.head().num;
  if (!tips.final || depth == 0 || tips.final->num + depth <= head) return {};
  if (head < depth) {
    tips.final.reset();
    return {};
  }
  auto header = header_at(head - depth);
  if (!header) return std::unexpected(header.error());
  tips.final = *std::move(header);
  return {};
}

}  // namespace lockstep::evm
