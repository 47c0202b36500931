#include "adapters/evm/follower.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::evm {
namespace {

constexpr std::size_t max_segment = 512;  // headers fetched to link a new head to the old one
constexpr std::uint64_t kept_below_final = 16;

std::string backwards(const char* what, std::uint64_t from, std::uint64_t to) {
  return fmt::format("{} went backwards from {} to {}", what, from, to);
}

}  // namespace

coordinator::BlockRef ref(const Header& header) { return {header.num, header.hash, header.time}; }

Follower::Follower(EndpointPool& pool, const settings::ChainConfig& config)
    : pool_(pool),
      tag_(config.finality),
      confirmations_(config.finality == settings::FinalityTag::latest ? 0 : config.confirmations) {}

std::vector<RpcCall> Follower::tip_calls() const {
  std::vector<RpcCall> calls{block_by_tag("latest")};
  if (tag_ == settings::FinalityTag::safe) calls.push_back(block_by_tag("safe"));
  if (tag_ == settings::FinalityTag::finalized) calls.push_back(block_by_tag("finalized"));
  return calls;
}

Result<Header> Follower::header_at(std::uint64_t num) {
  if (const auto* held = window_.at(num)) return *held;
  const auto answers = pool_.ask({block_by_number(num)});
  if (!answers) return std::unexpected(rpc_error(fmt::format("block {} not readable", num), answers.error()));
  auto header = as_header((*answers)[0]);
  if (header && header->num != num) return fail(fmt::format("asked for block {}, got {}", num, header->num));
  return header;
}

Result<Header> Follower::ancestor(std::uint64_t num) {
  if (const auto* held = window_.at(num)) return *held;
  if (window_.empty() || num > window_.head().num) return fail(fmt::format("block {} is above the head", num));
  const auto answers = pool_.agreed({block_by_number(num)});
  if (!answers) return std::unexpected(rpc_error(fmt::format("block {} not readable", num), answers.error()));
  auto header = as_header((*answers)[0]);
  if (header && header->num != num) return fail(fmt::format("asked for block {}, got {}", num, header->num));
  if (header && num + 1 == window_.lowest().num && header->hash != window_.lowest().parent_hash)
    return fail(fmt::format("block {} is not the parent of the lowest header held", num));
  return header;
}

/// The final block as one endpoint sees it, by the configured rule.
std::optional<Header> Follower::own_final(const std::vector<RpcAnswer>& answers, const Header& head,
                                          std::string& note) const {
  if (answers.size() < 2) return std::nullopt;
  auto header = as_header(answers[1]);
  if (!header) {
    note = "no final block: " + header.error().text();
    return std::nullopt;
  }
  if (header->num > head.num) {
    note = fmt::format("final block {} is above head {}", header->num, head.num);
    return std::nullopt;
  }
  return *header;
}

Result<Follower::Tips> Follower::ask_tips() {
  const auto answers = pool_.ask(tip_calls());
  if (!answers) return std::unexpected(rpc_error("head not readable", answers.error()));
  auto head = as_header((*answers)[0]);
  if (!head) {
    pool_.distrust(pool_.preferred(), head.error().text());
    return std::unexpected(head.error());
  }
  Tips tips{.head = *head, .final = std::nullopt, .note = {}};
  if (answers->size() == 2) tips.final = own_final(*answers, *head, tips.note);
  return tips;
}

/// K > 1: the final number is the highest that K endpoints call final, and K of them must give the same hash for it.
Result<Follower::Tips> Follower::vote_on_tips() {
  std::map<std::size_t, Header> heads, finals;
  std::vector<std::uint64_t> nums;
  std::string note;
  for (const auto& [endpoint, answers] : pool_.each(tip_calls())) {
    auto head = as_header(answers[0]);
    if (!head) {
      pool_.distrust(endpoint, head.error().text());
      continue;
    }
    heads.emplace(endpoint, *head);
    if (answers.size() == 2) {
      if (auto own = own_final(answers, *head, note)) {
        nums.push_back(own->num);
        finals.emplace(endpoint, *std::move(own));
      }
    } else if (head->num >= confirmations_) {
      nums.push_back(head->num - confirmations_);
    }
  }
  if (heads.empty()) return fail("head not readable", {}, "no endpoint is up");
  auto chosen = heads.find(pool_.preferred());
  if (chosen == heads.end()) chosen = heads.begin();
  pool_.prefer(chosen->first);
  Tips tips{.head = chosen->second, .final = std::nullopt, .note = note};
  const auto quorum = pool_.quorum();
  if (nums.size() < quorum) {
    tips.note =
        fmt::format("{} of {} endpoints name a final block, {} needed", nums.size(), pool_.status().size(), quorum);
    return tips;
  }
  std::ranges::sort(nums, std::greater{});
  const auto num = nums[quorum - 1];
  std::map<Hash32, std::vector<std::size_t>> votes;
  std::map<Hash32, Header> by_hash;
  for (const auto& [endpoint, answers] : pool_.each({block_by_number(num)})) {
    const auto header = as_header(answers[0]);
    if (!header || header->num != num) continue;
    votes[header->hash].push_back(endpoint);
    by_hash.emplace(header->hash, *header);
  }
  const auto winner = std::ranges::find_if(votes, [&](const auto& entry) { return entry.second.size() >= quorum; });
  if (winner == votes.end()) {
    tips.note = fmt::format("endpoints do not agree on the hash of block {}: fewer than {} equal answers", num, quorum);
    return tips;
  }
  for (const auto& [hash, endpoints] : votes) {
    if (hash == winner->first) continue;
    for (const auto endpoint : endpoints) {
      pool_.distrust(endpoint,
                     fmt::format("hash of block {} expected {}, got {}", num, to_hex(winner->first), to_hex(hash)));
    }
  }
  if (std::ranges::find(winner->second, pool_.preferred()) == winner->second.end()) {
    pool_.prefer(winner->second.front());
    if (const auto it = heads.find(winner->second.front()); it != heads.end()) tips.head = it->second;
  }
  tips.final = by_hash.at(winner->first);
  return tips;
}

/// Puts missing headers in front of the segment: by number in one batch down to `floor` where nothing is held, else one
/// parent by hash.
Result<void> Follower::fill_gap(std::vector<Header>& segment, std::uint64_t floor) {
  constexpr std::uint64_t most = 64;
  const auto front = segment.front();
  std::vector<RpcCall> calls;
  if (front.num > floor + 1) {
    const auto from = std::max(floor, front.num - std::min(front.num, most));
    for (auto num = from; num < front.num; ++num) calls.push_back(block_by_number(num));
  } else {
    calls.push_back(block_by_hash(front.parent_hash));
  }
  const auto answers = pool_.ask(calls);
  if (!answers) return std::unexpected(rpc_error("headers not readable", answers.error()));
  std::vector<Header> fetched;
  for (auto it = answers->rbegin(); it != answers->rend(); ++it) {
    auto header = as_header(*it);
    if (!header) return std::unexpected(header.error());
    const auto& above = fetched.empty() ? front : fetched.back();
    if (header->hash != above.parent_hash || header->num + 1 != above.num) break;  // reorganised while we asked
    fetched.push_back(*std::move(header));
  }
  if (fetched.empty())
    return fail("headers do not link", {}, fmt::format("the parent of block {} was not given", front.num));
  segment.insert(segment.begin(), fetched.rbegin(), fetched.rend());
  return {};
}

/// Ascending, linked, ending in `head`; beginning with a header that connects to the window, unless the window is too
/// far away. The first one reaches down to `bottom`, so that a later reorganisation above it is seen where it begins.
Result<std::vector<Header>> Follower::segment_to(const Header& head, std::uint64_t bottom) {
  std::vector<Header> segment{head};
  const bool first = window_.empty();
  while (segment.size() < max_segment && segment.front().num > (first ? bottom : window_.lowest().num)) {
    if (!first && window_.connects(segment.front())) break;
    if (auto filled = fill_gap(segment, first ? bottom : window_.head().num + 1); !filled)
      return std::unexpected(filled.error());
  }
  return segment;
}

Result<void> Follower::advance_head(const Header& head, std::uint64_t bottom, Progress& progress) {
  if (!window_.empty()) {
    if (window_.head().hash == head.hash) return {};
    if (const auto* held = window_.at(head.num); held != nullptr && held->hash == head.hash) {
      progress.note =
          backwards("head", window_.head().num, head.num);  // a lagging endpoint; a reorganisation brings other blocks
      return {};
    }
  }
  auto segment = segment_to(head, bottom);
  if (!segment) return std::unexpected(segment.error());
  progress.new_head = true;
  const auto change = window_.connects(segment->front()) ? window_.replace_from(*segment) : window_.restart(*segment);
  progress.retracted_from = change.retracted_from;
  progress.depth = change.depth;
  return {};
}

/// Is the block we called final still there? Without a request while it is in the window.
Result<void> Follower::check_final(Progress& progress) {
  const auto was = final_ ? std::optional(ref(*final_)) : remembered_;
  if (!was || window_.head().num < was->num) return {};
  const auto now = header_at(was->num);
  if (!now) return std::unexpected(now.error());
  if (now->hash == was->hash) return {};
  progress.violation = {*was, ref(*now)};
  final_.reset();
  remembered_.reset();
  return {};
}

void Follower::advance_final(const Header& candidate, Progress& progress) {
  const auto* held = window_.at(candidate.num);
  if (held != nullptr && held->hash != candidate.hash) {
    progress.note = fmt::format("final block {} is not an ancestor of the head", candidate.num);
    return;
  }
  const auto was = final_ ? std::optional(ref(*final_)) : remembered_;
  if (was && candidate.num < was->num) {
    progress.note = backwards("final block", was->num, candidate.num);
    return;
  }
  remembered_.reset();
  progress.new_final = !final_ || final_->hash != candidate.hash;
  final_ = candidate;
  window_.forget_below(candidate.num - std::min(candidate.num, kept_below_final));
}

Result<Progress> Follower::poll() {
  auto tips = pool_.quorum() > 1 ? vote_on_tips() : ask_tips();
  if (!tips) return std::unexpected(tips.error());
  Progress progress;
  progress.note = tips->note;
  const auto bottom = tips->final ? tips->final->num : tips->head.num - std::min(tips->head.num, confirmations_);
  if (auto done = advance_head(tips->head, bottom, progress); !done) return std::unexpected(done.error());
  const bool by_depth = tag_ == settings::FinalityTag::latest || tag_ == settings::FinalityTag::confirmations;
  if (by_depth && pool_.quorum() <= 1 && window_.head().num >= confirmations_) {
    auto header = header_at(window_.head().num - confirmations_);
    if (!header) return std::unexpected(header.error());
    tips->final = *std::move(header);
  }
  if (auto done = check_final(progress); !done) return std::unexpected(done.error());
  if (tips->final) advance_final(*tips->final, progress);
  return progress;
}

}  // namespace lockstep::evm
