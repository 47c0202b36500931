#pragma once
// What a dialect reads of a chain: calls, storage and code at one block, agreed by K endpoints.
#include <functional>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/log.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::evm::governance {

class Reader {
 public:
  using Ask = std::function<Result<std::vector<RpcAnswer>>(const std::vector<RpcCall>&)>;
  Reader(Ask ask, const coordinator::BlockRef& block) : ask_(std::move(ask)), block_(block) {}

  const coordinator::BlockRef& block() const { return block_; }
  UnixSeconds now() const { return block_.time; }
  /// As the calls; nothing where the contract reverts. An error if an endpoint did not answer.
  Result<std::vector<std::optional<Bytes>>> calls(const Address& to, const std::vector<Bytes>& calldata) const;
  /// Why a call from that account is refused, as people read it; empty if it is not.
  Result<std::string> refusal(const Address& from, const Address& to, const Bytes& calldata) const;
  /// As the slots.
  Result<std::vector<Uint256>> words(const Address& account, const std::vector<Hash32>& slots) const;
  Result<std::vector<Bytes>> codes(const std::vector<Address>& accounts) const;

 private:
  Ask ask_;
  coordinator::BlockRef block_;
};

/// "getTimestamp(bytes32)(uint256)" with its arguments.
Bytes calldata(const char* signature, const std::vector<abi::Value>& arguments = {});
/// The word at `index`; nothing where the call reverted or gave less.
std::optional<Uint256> word(const std::optional<Bytes>& answer, std::size_t index = 0);
std::optional<Address> address_in(const std::optional<Bytes>& answer, std::size_t index = 0);
/// A word as seconds; the largest if it does not fit.
UnixSeconds seconds(const Uint256& value);

/// An event's signature with its topic, parsed once.
class EventShape {
 public:
  explicit EventShape(const char* signature);
  bool matches(const Log& log) const;
  /// Nothing if the log is of another event, or does not decode.
  std::optional<std::vector<abi::Value>> decode(const Log& log) const;

 private:
  abi::Event event_;
};

/// A function's signature with its selector, parsed once; arguments of a calldata.
class CallShape {
 public:
  explicit CallShape(const char* signature);
  std::optional<std::vector<abi::Value>> decode(BytesView calldata) const;

 private:
  abi::Function function_;
};

std::vector<abi::Type> types(std::initializer_list<const char*> names);

}  // namespace lockstep::evm::governance
