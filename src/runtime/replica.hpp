#pragma once
// A copy of one instance's mirror that is valued beside the writer thread: what options are worth, and what the changes
// that plans declare would make of every account. It gets every operation that the mirror took, so that it is copied
// once, when somebody first wants to know, and nobody waits for it.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/gate.hpp"
#include "mirror/shadow.hpp"
#include "view/snapshot.hpp"

namespace lockstep::runtime {

/// What became of a mirror since it was last told of.
struct Appraisable {
  std::pair<std::string, std::string> place;           // protocol, chain
  std::uint64_t block_num = 0;                         // where it stands now
  UnixSeconds time = 0;                                // of that block
  std::optional<mirror::Mirror> begin = {};            // it is told of for the first time, or came to be otherwise
  std::vector<mirror::Operation> operations = {};      // that it took
  std::map<Hash32, std::vector<mirror::Delta>> plans;  // open there, and what they declare
  bool is_last = false;                                // nobody wants to know any more
};

struct Appraisal {
  std::pair<std::string, std::string> place;
  std::uint64_t block_num = 0;
  std::shared_ptr<const mirror::Portfolio> portfolio = {};  // null: nothing in it ends, or `unpriceable`
  std::string unpriceable = {};
  std::vector<view::MirrorShadow> shadows = {};  // by plan
};

class Replica {
 public:
  static constexpr std::size_t most_accounts = 1000;  // of a drift, one by one

  void take(Appraisable told);
  Appraisal appraise() const;

 private:
  struct Followed {
    mirror::Shadow shadow;
    std::uint64_t since_num = 0, operations = 0;
  };
  void follow(const std::map<Hash32, std::vector<mirror::Delta>>& plans);
  view::MirrorShadow drift(const Hash32& plan, const Followed& followed) const;

  std::pair<std::string, std::string> place_;
  mirror::Mirror mirror_;
  std::uint64_t block_num_ = 0;
  UnixSeconds time_ = 0;
  std::map<Hash32, Followed> followed_;
};

}  // namespace lockstep::runtime
