#pragma once
// Follows the head and the final block of one chain. Headers are re-hashed and linked; the final block's hash is the
// one K endpoints gave, and a head counts only if it descends from it as far as we hold headers.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/finality.hpp"
#include "adapters/evm/head_window.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "coordinator/gate.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

coordinator::BlockRef ref(const Header& header);

/// What one poll found. More than one of these can be true at once; they are to be told in this order.
struct Progress {
  std::optional<std::uint64_t> retracted_from;  // head blocks from here on were replaced
  std::uint64_t depth = 0;
  struct Violation {
    coordinator::BlockRef was, now;
  };
  std::optional<Violation> violation;  // a final block was replaced (F12), or finality went back for good (R3)
  bool new_head = false, new_final = false;
  std::string note;  // why the final block does not move, empty if it does or need not
};

class Follower {
 public:
  Follower(EndpointPool& pool, const settings::ChainConfig& config);

  /// One batch to each endpoint asked; more only to fetch missing headers. An error means that nothing was learned.
  Result<Progress> poll();

  const Header* head() const { return window_.empty() ? nullptr : &window_.head(); }
  const std::optional<Header>& final() const { return final_; }
  const HeadWindow& window() const { return window_; }
  /// The header with that number under the head: held, or as K endpoints give it equally.
  Result<Header> ancestor(std::uint64_t num);
  /// The final block known before a restart: if the chain no longer has it, the next poll reports a violation.
  void remember_final(const coordinator::BlockRef& block) { remembered_ = block; }

 private:
  struct Candidate {
    std::size_t endpoint = 0;
    Header head;
  };
  struct Tips {
    std::vector<Candidate> heads;  // in the order to try them; never empty
    std::optional<Header> final;
    std::string note;
    std::size_t regressed = 0;  // endpoints that call less final than they did
  };
  Result<Tips> ask_tips();
  Result<Tips> vote_on_tips();
  std::vector<RpcCall> tip_calls() const;
  std::optional<Header> own_final(std::size_t endpoint, const std::vector<RpcAnswer>& answers, const Header& head,
                                  Tips& tips);
  Result<void> keep_floor(Tips& tips);
  Result<std::vector<Header>> segment_to(const Header& head, std::uint64_t bottom);
  Result<void> fill_gap(std::vector<Header>& segment, std::uint64_t floor);
  Result<void> follow_heads(const Tips& tips, Progress& progress);
  Result<void> advance_head(const Candidate& candidate, const Tips& tips, std::uint64_t bottom, Progress& progress);
  Result<void> contradicts(const Candidate& candidate, const Tips& tips, const std::vector<Header>& segment);
  std::optional<coordinator::BlockRef> known_final() const;
  Result<void> check_final(Progress& progress);
  void advance_final(const Header& candidate, const Tips& tips, Progress& progress);
  Result<Header> header_at(std::uint64_t num);

  EndpointPool& pool_;
  settings::FinalityTag tag_;
  std::uint64_t confirmations_;
  FinalityFacts facts_;
  HeadWindow window_;
  std::optional<Header> final_;
  std::optional<coordinator::BlockRef> remembered_;
  std::map<std::size_t, std::uint64_t> highest_;  // what each endpoint called final at most
  unsigned regressed_polls_ = 0;                  // in a row, in which K endpoints called less final than we hold
};

}  // namespace lockstep::evm
