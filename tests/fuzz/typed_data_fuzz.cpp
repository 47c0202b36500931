// What an operator signs: the digest of any statement equals the one made by the letter of EIP-712 through the ABI
// encoder, and no two statements that differ share a digest.
#include "adapters/evm/abi.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "tests/fuzz/input.hpp"

namespace lockstep::fuzz {
namespace {

namespace abi = evm::abi;
using coordinator::Statement;

Hash32 hash_of_words(std::initializer_list<abi::Value> words) {
  const std::vector<abi::Type> types(words.size(), abi::parse_type("uint256").value());
  return crypto::keccak256(abi::encode(types, words));
}

Hash32 domain_by_the_letter(std::uint64_t chain, const Address& gate) {
  const auto type =
      crypto::keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
  return hash_of_words({abi::of(type), abi::of(crypto::keccak256("Lockstep")), abi::of(crypto::keccak256("1")),
                        abi::of(Uint256(chain)), abi::of(gate)});
}

Hash32 digest_by_the_letter(const Hash32& domain, const Statement& said) {
  const auto type = crypto::keccak256(
      "Statement(uint8 kind,uint64 epoch,bytes32 planHash,uint8 outcome,bytes32 operatorSet,bytes32 evidence)");
  const auto message =
      hash_of_words({abi::of(type), abi::of(Uint256(static_cast<unsigned>(said.kind))), abi::of(Uint256(said.epoch)),
                     abi::of(said.plan_hash), abi::of(Uint256(static_cast<unsigned>(said.outcome))),
                     abi::of(said.operator_set), abi::of(said.evidence)});
  Bytes bytes = {0x19, 0x01};
  append(bytes, domain.view());
  append(bytes, message.view());
  return crypto::keccak256(bytes);
}

Statement statement(Input& input) {
  Statement said;
  said.kind = static_cast<coordinator::Kind>(input.u8() % 6);
  said.epoch = input.u64();
  said.plan_hash = input.fixed<Hash32>();
  said.outcome = static_cast<coordinator::Outcome>(input.u8() % 3);
  said.operator_set = input.fixed<Hash32>();
  said.evidence = input.fixed<Hash32>();
  return said;
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  fuzz::Input input(data, size);
  const auto chain = input.u64();
  const auto gate = input.fixed<Address>();
  const auto domain = crypto::domain_separator(chain, gate);
  LOCKSTEP_ASSERT(domain == fuzz::domain_by_the_letter(chain, gate));
  const auto first = fuzz::statement(input), second = fuzz::statement(input);
  for (const auto& said : {first, second})
    LOCKSTEP_ASSERT(crypto::digest(domain, said) == fuzz::digest_by_the_letter(domain, said));
  LOCKSTEP_ASSERT((first == second) == (crypto::digest(domain, first) == crypto::digest(domain, second)));
  return 0;
}
