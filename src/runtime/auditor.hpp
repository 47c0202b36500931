#pragma once
// Which part of which mirror is held against the chain next, so that every account and order has its turn. Pacing only:
// what it finds is for MirrorBook and for people.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/chain.hpp"
#include "runtime/mirror_book.hpp"
#include "view/snapshot.hpp"

namespace lockstep::runtime {

struct AuditPace {
  std::uint64_t every_ms = 0;  // of each instance; 0: never
  std::size_t sample = 0;      // accounts, and as many orders, at a time
};

class Auditor {
 public:
  explicit Auditor(AuditPace pace) : pace_(pace) {}
  /// The next sample of a mirror, if it is time and the one before was answered.
  std::optional<ports::AuditAsked> next(const MirrorBook::Standing& standing, std::uint64_t now_ms);
  /// The next sample, whenever it is asked for; null where none are taken.
  ports::ExpectedRows sample(const MirrorBook::Standing& standing);
  void take(const ports::AuditSeen& seen, std::uint64_t now_ms);
  view::MirrorAudit last(const MirrorBook::Place& place) const;

 private:
  /// A round: every account and order that was there when it began.
  struct Turn {
    std::uint64_t asked_ms = 0;  // 0: never
    bool waiting = false;
    std::vector<Address> accounts;
    std::vector<mirror::OrderId> orders;
    std::size_t next_account = 0, next_order = 0;
    view::MirrorAudit last;
  };
  AuditPace pace_;
  std::map<MirrorBook::Place, Turn> turns_;
};

}  // namespace lockstep::runtime
