#include "adapters/evm/follower.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::evm {
namespace {

constexpr std::size_t max_segment = 512;  // headers fetched to link a new head to the old one
constexpr std::uint64_t kept_below_final = 16;

constexpr unsigned regression_polls = 30;

std::string backwards(const char* what, std::uint64_t from, std::uint64_t to) {
  return fmt::format("{} went backwards from {} to {}", what, from, to);
}

}  // namespace

coordinator::BlockRef ref(const Header& header) { return {header.num, header.hash, header.time}; }

Follower::Follower(EndpointPool& pool, const settings::ChainConfig& config)
    : pool_(pool),
      tag_(config.finality),
      confirmations_(config.finality == settings::FinalityTag::latest ? 0 : config.confirmations),
      facts_(finality_facts(config.chain_id)) {}

Result<Header> Follower::header_at(std::uint64_t num) {
  if (const auto* held = window_.at(num)) return *held;
  return agreed_header(pool_, num, true);
}

Result<Header> Follower::ancestor(std::uint64_t num) {
  if (const auto* held = window_.at(num)) return *held;
  if (window_.empty() || num > window_.head().num) return fail(fmt::format("block {} is above the head", num));
  auto header = agreed_header(pool_, num, final_ && num <= final_->num);
  if (header && num + 1 == window_.lowest().num && header->hash != window_.lowest().parent_hash)
    return fail(fmt::format("block {} is not the parent of the lowest header held", num));
  return header;
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

std::optional<coordinator::BlockRef> Follower::known_final() const {
  return final_ ? std::optional(ref(*final_)) : remembered_;
}

/// With more than one endpoint asked, a head that does not descend from what K of them call final is one endpoint's
/// error, and says nothing about the chain.
Result<void> Follower::contradicts(const Candidate& candidate, const Tips& tips, const std::vector<Header>& segment) {
  if (pool_.quorum() <= 1) return {};
  const auto hash_at = [&](std::uint64_t num) -> std::optional<Hash32> {
    const auto& front = segment.front();
    if (num > segment.back().num) return std::nullopt;
    if (num >= front.num) return segment[num - front.num].hash;
    const auto* held = window_.empty() || !window_.connects(front) ? nullptr : window_.at(num);
    return held == nullptr ? std::nullopt : std::optional(held->hash);
  };
  const auto refuse = [&](std::uint64_t num) -> Result<void> {
    auto why = fmt::format("its head {} does not descend from final block {} as {} endpoints have it",
                           candidate.head.num, num, pool_.quorum());
    pool_.distrust(candidate.endpoint, "eth_getBlockByNumber", why);
    return fail("head refused", pool_.status()[candidate.endpoint].name, std::move(why));
  };
  if (tips.final) {
    const auto hash = hash_at(tips.final->num);
    if (hash && *hash != tips.final->hash) return refuse(tips.final->num);
  }
  const auto was = known_final();
  const auto hash = was ? hash_at(was->num) : std::nullopt;
  if (!hash || *hash == was->hash) return {};
  const auto now = agreed_header(pool_, was->num, true);
  if (!now) return std::unexpected(now.error());
  if (now->hash != *hash) return refuse(was->num);
  return {};  // K endpoints have replaced it: check_final() tells
}

Result<void> Follower::advance_head(const Candidate& candidate, const Tips& tips, std::uint64_t bottom,
                                    Progress& progress) {
  const auto& head = candidate.head;
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
  if (auto done = contradicts(candidate, tips, *segment); !done) return done;
  progress.new_head = true;
  const auto change = window_.connects(segment->front()) ? window_.replace_from(*segment) : window_.restart(*segment);
  progress.retracted_from = change.retracted_from;
  progress.depth = change.depth;
  return {};
}

Result<void> Follower::follow_heads(const Tips& tips, Progress& progress) {
  Result<void> done = fail("head not readable", {}, "every endpoint that named one was refused");
  for (const auto& candidate : tips.heads) {
    if (!pool_.status()[candidate.endpoint].up) continue;
    pool_.prefer(candidate.endpoint);
    const auto num = candidate.head.num;
    const auto bottom = tips.final ? std::min(tips.final->num, num) : num - std::min(num, confirmations_);
    done = advance_head(candidate, tips, bottom, progress);
    if (done) break;
  }
  return done;
}

/// Is the block we called final still there? Without a request while it is in the window.
Result<void> Follower::check_final(Progress& progress) {
  const auto was = known_final();
  if (!was || window_.head().num < was->num) return {};
  const auto now = header_at(was->num);
  if (!now) return std::unexpected(now.error());
  if (now->hash == was->hash) return {};
  progress.violation = {*was, ref(*now)};
  final_.reset();
  remembered_.reset();
  highest_.clear();
  return {};
}

void Follower::advance_final(const Header& candidate, const Tips& tips, Progress& progress) {
  const auto* held = window_.at(candidate.num);
  if (held != nullptr && held->hash != candidate.hash) {
    progress.note = fmt::format("final block {} is not an ancestor of the head", candidate.num);
    return;
  }
  const auto was = known_final();
  if (was && candidate.num < was->num) {
    progress.note = backwards("final block", was->num, candidate.num);
    const bool by_all = tips.regressed >= std::max(1U, pool_.quorum());
    regressed_polls_ = by_all ? regressed_polls_ + 1 : 0;
    if (regressed_polls_ < regression_polls) return;
    progress.violation = {*was, ref(candidate)};  // what was final is no longer called so: R3
    highest_.clear();
  }
  regressed_polls_ = 0;
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
  if (auto done = follow_heads(*tips, progress); !done) return std::unexpected(done.error());
  const bool by_depth = tag_ == settings::FinalityTag::latest || tag_ == settings::FinalityTag::confirmations;
  if (by_depth && pool_.quorum() <= 1 && window_.head().num >= confirmations_) {
    auto header = header_at(window_.head().num - confirmations_);
    if (!header) return std::unexpected(header.error());
    tips->final = *std::move(header);
  }
  if (auto done = keep_floor(*tips); !done) return std::unexpected(done.error());
  if (auto done = check_final(progress); !done) return std::unexpected(done.error());
  if (tips->final) advance_final(*tips->final, *tips, progress);
  if (progress.note.empty() && final_) progress.note = stall_note(facts_, window_.head(), *final_);
  return progress;
}

}  // namespace lockstep::evm
