#pragma once
// Four operators with keys, the plan they share, and what they sign.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "coordinator/attestation.hpp"
#include "coordinator/plan.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::peers::test {

using coordinator::Attestation;
using coordinator::Kind;
using coordinator::Outcome;
using coordinator::Statement;

inline crypto::PrivateKey key(std::uint8_t number) {
  Bytes bytes(32, 0);
  bytes[31] = number;
  return *crypto::PrivateKey::from_bytes(bytes);
}
/// 1 … 4 are operators, 5 is a stranger.
inline Address address(std::uint8_t number) { return key(number).address(); }

inline coordinator::Plan plan() {
  coordinator::Plan plan;
  plan.hash = crypto::keccak256("plan");
  plan.protocol = "perps";
  plan.epoch = 3;
  plan.instances = {{.chain = "alpha", .chain_id = 1}};
  for (std::uint8_t number = 1; number <= 4; ++number) plan.operators.operators.push_back(address(number));
  std::ranges::sort(plan.operators.operators);
  plan.operators.threshold = 3;
  plan.operators.faulty = 1;
  plan.operators.hash = crypto::keccak256("operators");
  return plan;
}
inline Hash32 domain() { return crypto::domain_separator(1, Address{}); }

inline Statement statement(Kind kind = Kind::vote_old, const char* evidence = nullptr) {
  const auto shared = plan();
  return {.kind = kind,
          .epoch = shared.epoch,
          .plan_hash = shared.hash,
          .outcome = Outcome::none,
          .operator_set = shared.operators.hash,
          .evidence = evidence == nullptr ? Hash32{} : crypto::keccak256(evidence)};
}
inline Attestation attest(std::uint8_t number, const Statement& said = statement()) {
  return {said, address(number), key(number).sign(crypto::digest(domain(), said))};
}

/// As the API writes it.
inline nlohmann::json entry(const Attestation& attestation) {
  const auto& said = attestation.statement;
  return {{"plan", to_hex(said.plan_hash)},
          {"epoch", said.epoch},
          {"kind", to_text(said.kind)},
          {"outcome", to_text(said.outcome)},
          {"operator_set", to_hex(said.operator_set)},
          {"evidence", to_hex(said.evidence)},
          {"signer", to_hex(attestation.signer)},
          {"signature", to_hex(BytesView(attestation.signature))}};
}
inline std::string page(const std::vector<nlohmann::json>& entries) {
  return nlohmann::json{{"schema", "lockstep.attestations/1"}, {"attestations", entries}}.dump();
}

/// The other signature of the same statement by the same key, which anybody can compute: s → n − s, v flipped.
inline Bytes high_s(const Bytes& signature) {
  const auto order = *bytes_from_hex("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  auto out = signature;
  int borrow = 0;
  for (int i = 31; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    const int digit = order[at] - signature[32 + at] - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[32 + at] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
  out[64] = static_cast<std::uint8_t>(signature[64] == 27 ? 28 : 27);
  return out;
}

}  // namespace lockstep::peers::test
