#pragma once
// Keys of simulated operators: the same in every run, ascending by address.
#include <map>
#include <optional>
#include <vector>

#include "coordinator/attestation.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::sim {

inline constexpr std::size_t max_simulated_operators = 8;

const std::vector<crypto::PrivateKey>& operator_keys();
const std::vector<Address>& operator_addresses();  // of operator_keys()

/// crypto::recover, each pair looked at once: a certificate is checked by every gate and every operator.
class RecoverMemo {
 public:
  std::optional<Address> operator()(const Hash32& digest, const Bytes& signature);

 private:
  std::map<std::pair<Hash32, Bytes>, std::optional<Address>> known_;
};

}  // namespace lockstep::sim
