#include "adapters/evm/governance/layerzero_app.hpp"

#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {

void FailedMessages::observe(const Log& log) {
  static const EventShape retried("RetryMessageSuccess(uint16 chain,bytes path,uint64 nonce,bytes32 payloadHash)");
  if (const auto v = retried.decode(log)) open_.erase({(*v)[0].word, crypto::keccak256((*v)[1].bytes), (*v)[2].word});
}

std::vector<std::string> FailedMessages::doubts(const char* who) const {
  std::vector<std::string> list;
  list.reserve(open_.size());
  for (const auto& [chain, path, nonce] : open_) {
    list.push_back(
        fmt::format("message {} of LayerZero chain {} failed when it arrived; {} may run it, whatever it holds",
                    to_decimal(nonce), to_decimal(chain), who));
  }
  return list;
}

Bytes lz_remote_calldata(const Uint256& chain) {
  return calldata("trustedRemoteLookup(uint16)(bytes)", {abi::of(chain)});
}

std::optional<Address> lz_remote_in(const std::optional<Bytes>& answer, const Address& self) {
  static const auto shape = types({"bytes"});
  const auto decoded = answer ? abi::decode(shape, *answer) : Result<std::vector<abi::Value>>(fail("reverted"));
  if (!decoded) return std::nullopt;
  const auto& path = (*decoded)[0].bytes;
  if (path.size() != 2 * Address::size || !std::equal(path.begin() + Address::size, path.end(), self.bytes.begin()))
    return std::nullopt;
  Address sender;
  std::copy_n(path.begin(), Address::size, sender.bytes.begin());
  return sender;
}

}  // namespace lockstep::evm::governance
