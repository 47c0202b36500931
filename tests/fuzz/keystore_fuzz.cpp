// The JSON of a keystore and the limits of its cost; no key is derived. Whatever is accepted is within its limits, and
// what is written from it reads back the same.
#include "crypto/keystore_json.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  namespace keystore = crypto::keystore;
  fuzz::Input input(data, size);
  const auto document = keystore::parse(std::string(input.text()));
  if (!document) return 0;
  LOCKSTEP_ASSERT(!document->salt.empty() && document->salt.size() <= 64);
  if (const auto* rounds = std::get_if<keystore::Pbkdf2Cost>(&document->cost)) {
    LOCKSTEP_ASSERT(rounds->rounds >= 1 && rounds->rounds <= keystore::max_pbkdf2_rounds);
    return 0;
  }
  const auto& cost = std::get<crypto::ScryptCost>(document->cost);
  const std::uint64_t memory = std::uint64_t{128} * cost.n * cost.r;
  LOCKSTEP_ASSERT(cost.n >= 2 && (cost.n & (cost.n - 1)) == 0 && cost.r >= 1 && cost.p >= 1 && cost.p <= 64);
  LOCKSTEP_ASSERT(memory <= std::uint64_t{1} << 30 && memory * cost.p <= std::uint64_t{1} << 32);
  const auto again = keystore::parse(keystore::write(*document));
  LOCKSTEP_ASSERT(again && again->salt == document->salt && again->iv == document->iv && again->mac == document->mac);
  LOCKSTEP_ASSERT(again->ciphertext == document->ciphertext && again->address == document->address);
  const auto& kept = std::get<crypto::ScryptCost>(again->cost);
  LOCKSTEP_ASSERT(kept.n == cost.n && kept.r == cost.r && kept.p == cost.p);
  return 0;
}
