#pragma once
// A real local chain of our own: an anvil process on a free port, blocks made only when the test says so.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/evm/abi.hpp"
#include "adapters/transport/http.hpp"

namespace lockstep::e2e {

inline constexpr std::uint64_t chain_id = 31337;
/// The first of anvil's published development keys.
inline constexpr const char* dev_key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

class Anvil {
 public:
  /// Starts the binary named by LOCKSTEP_ANVIL; throws std::runtime_error if there is none or it does not answer within
  /// 30 s.
  Anvil();
  ~Anvil();
  Anvil(const Anvil&) = delete;
  Anvil& operator=(const Anvil&) = delete;

  const std::string& url() const { return url_; }
  /// The result; throws with the endpoint's message on an error.
  nlohmann::json rpc(const std::string& method, nlohmann::json params = nlohmann::json::array());
  void mine(unsigned blocks);  // a second apart
  /// One block whose time is `time`.
  void mine_at(std::uint64_t time);
  std::uint64_t time();  // of the latest block
  Address account(std::size_t index);
  /// From an unlocked account, mined at once; throws if it reverts.
  void send(const Address& from, const Address& to, const Bytes& data);
  /// contracts_abi/<contract>.json, or what npm packages hold: a path with slashes below node_modules.
  Address deploy(const std::string& contract, const std::string& constructor,
                 const std::vector<evm::abi::Value>& arguments);

 private:
  nlohmann::json receipt_of(const nlohmann::json& transaction);
  int pid_ = -1;
  std::string url_;
  std::unique_ptr<transport::HttpClient> http_;
  std::uint64_t next_id_ = 1;
};

Bytes call(const std::string& signature, const std::vector<evm::abi::Value>& arguments);
evm::abi::Value list(std::vector<evm::abi::Value> elements);
evm::abi::Value number(std::uint64_t value);
evm::abi::Value bytes(const Bytes& value);
Hash32 code_hash(Anvil& anvil, const Address& account);

}  // namespace lockstep::e2e
