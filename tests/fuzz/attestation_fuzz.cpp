// A peer's page of attestations. Whatever is accepted is written anew, as the API writes it, and accepted as the same;
// and nothing that an operator did not sign proves itself.
#include <nlohmann/json.hpp>

#include "adapters/peers/page.hpp"
#include "crypto/eip712.hpp"
#include "crypto/secp256k1.hpp"
#include "tests/fuzz/input.hpp"

namespace lockstep::fuzz {
namespace {

using coordinator::Attestation;
using nlohmann::json;

json entry(const Attestation& one) {
  const auto& said = one.statement;
  return {{"plan", to_hex(said.plan_hash)},
          {"epoch", std::to_string(said.epoch)},
          {"kind", to_text(said.kind)},
          {"outcome", to_text(said.outcome)},
          {"operator_set", to_hex(said.operator_set)},
          {"evidence", to_hex(said.evidence)},
          {"signer", to_hex(one.signer)},
          {"signature", to_hex(BytesView(one.signature))}};
}

std::string written(const std::vector<Attestation>& page) {
  auto list = json::array();
  for (const auto& one : page) list.push_back(entry(one));
  return json{{"schema", "lockstep.attestations/1"}, {"attestations", list}}.dump();
}

// One operator, of whom the world has no signature: whatever is said in its name is made up.
coordinator::Plan plan_of(const Attestation& one) {
  static const auto key = crypto::PrivateKey::from_bytes(Bytes(32, 0x5e)).value();
  coordinator::Plan plan;
  plan.hash = one.statement.plan_hash;
  plan.epoch = one.statement.epoch;
  plan.operators.hash = one.statement.operator_set;
  plan.operators.operators = {key.address()};
  return plan;
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  fuzz::Input input(data, size);
  const auto text = input.text();
  static_cast<void>(peers::says_unknown_plan(text));
  const auto page = peers::parse_page(text);
  if (!page) return 0;
  LOCKSTEP_ASSERT(page->size() <= peers::most_attestations);
  LOCKSTEP_ASSERT(peers::parse_page(fuzz::written(*page)) == *page);
  static const auto domain = crypto::domain_separator(1, Address{});
  for (auto one : *page) {
    const auto plan = fuzz::plan_of(one);
    one.signer = plan.operators.operators.front();
    LOCKSTEP_ASSERT(!peers::proves_itself(one, plan, domain));
  }
  return 0;
}
