#pragma once
// A chain of headers that hash to what they say, served as an Ethereum node would, and changed by the test between
// polls.
#include <map>
#include <mutex>

#include "adapters/evm/receipt.hpp"
#include "adapters/evm/rlp.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "crypto/keccak256.hpp"
#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::tests {

class FakeChain {
 public:
  using Method = std::function<nlohmann::json(const std::string&, const nlohmann::json&)>;

  FakeChain() { extend(1); }

  /// Blocks on top of the head; `branch` makes them differ from others of the same number.
  void extend(unsigned blocks, std::uint8_t branch = 0) {
    const std::lock_guard lock(mutex_);
    for (unsigned i = 0; i < blocks; ++i)
      blocks_.push_back(
          make(blocks_.size(),
               blocks_.empty() ? std::string(66, '0').replace(0, 2, "0x") : blocks_.back()["hash"].get<std::string>(),
               branch));
  }
  /// One block with these receipts, and a header that commits to them.
  void extend_with(const std::vector<evm::Receipt>& receipts) {
    const std::lock_guard lock(mutex_);
    auto block = make(blocks_.size(), blocks_.back()["hash"].get<std::string>(), 0, receipts);
    auto list = nlohmann::json::array();
    auto hashes = nlohmann::json::array(), encoded = nlohmann::json::array();
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      list.push_back(to_json(receipts[i], i));
      hashes.push_back(list.back()["transactionHash"]);
      encoded.push_back(to_hex(BytesView(evm::encode(receipts[i]))));
    }
    block["transactions"] = hashes;
    receipts_[block["hash"].get<std::string>()] = list;
    encoded_[block["hash"].get<std::string>()] = encoded;
    blocks_.push_back(std::move(block));
  }
  /// The last `depth` blocks replaced by `blocks` others.
  void reorganise(unsigned depth, unsigned blocks, std::uint8_t branch) {
    {
      const std::lock_guard lock(mutex_);
      blocks_.resize(blocks_.size() - depth);
    }
    extend(blocks, branch);
  }
  void finalise(std::optional<std::uint64_t> num) {
    const std::lock_guard lock(mutex_);
    final_ = num;
  }
  std::string hash(std::uint64_t num) {
    const std::lock_guard lock(mutex_);
    return blocks_.at(num)["hash"];
  }
  void answer(const std::string& method, Method with) {
    const std::lock_guard lock(mutex_);
    more_[method] = std::move(with);
  }
  /// Of 30,000,000, in blocks made from now on.
  void use_gas(std::uint64_t gas) {
    const std::lock_guard lock(mutex_);
    gas_used_ = gas;
  }
  void corrupt_head() {
    const std::lock_guard lock(mutex_);
    blocks_.back()["timestamp"] = "0x1";
  }

  FakeServer::Handler handler() {
    return rpc_handler(
        [this](const std::string& method, const nlohmann::json& params) { return serve(method, params); });
  }

 private:
  static nlohmann::json to_json(const evm::Receipt& receipt, std::size_t index) {
    auto logs = nlohmann::json::array();
    for (const auto& log : receipt.logs) {
      auto topics = nlohmann::json::array();
      for (const auto& topic : log.topics) topics.push_back(to_hex(topic));
      logs.push_back({{"address", to_hex(log.address)}, {"topics", topics}, {"data", to_hex(BytesView(log.data))}});
    }
    return {{"type", to_quantity(Uint256(receipt.type))},
            {"status", receipt.outcome.empty() ? "0x0" : "0x1"},
            {"cumulativeGasUsed", to_quantity(Uint256(receipt.cumulative_gas))},
            {"logsBloom", to_hex(receipt.bloom)},
            {"transactionIndex", to_quantity(Uint256(index))},
            {"transactionHash", to_hex(receipt.txn)},
            {"logs", logs}};
  }

  nlohmann::json make(std::uint64_t num, const std::string& parent, std::uint8_t branch,
                      const std::vector<evm::Receipt>& receipts = {}) const {
    evm::Bloom bloom;
    for (const auto& receipt : receipts) {
      for (std::size_t i = 0; i < bloom.bytes.size(); ++i) bloom.bytes[i] |= receipt.bloom.bytes[i];
    }
    const auto word = [](std::uint8_t fill) { return to_hex(BytesView(Bytes(32, fill))); };
    nlohmann::json block{{"parentHash", parent},
                         {"sha3Uncles", word(1)},
                         {"miner", to_hex(Address{})},
                         {"stateRoot", word(branch)},
                         {"transactionsRoot", word(2)},
                         {"receiptsRoot", receipts.empty() ? word(3) : to_hex(evm::receipts_root(receipts))},
                         {"logsBloom", to_hex(bloom)},
                         {"difficulty", "0x0"},
                         {"number", to_quantity(Uint256(num))},
                         {"gasLimit", "0x1c9c380"},
                         {"gasUsed", to_quantity(Uint256(gas_used_))},
                         {"timestamp", to_quantity(Uint256(1'800'000'000 + num))},
                         {"extraData", "0x"},
                         {"mixHash", word(4)},
                         {"nonce", "0x0000000000000000"},
                         {"baseFeePerGas", "0x7"}};
    const auto data = [&](const char* key) {
      return evm::rlp::text(bytes_from_hex(block[key].get<std::string>()).value());
    };
    const auto number = [&](const char* key) {
      return evm::rlp::integer(parse_quantity(block[key].get<std::string>()).value());
    };
    const auto header =
        evm::rlp::sequence({data("parentHash"), data("sha3Uncles"), data("miner"), data("stateRoot"),
                            data("transactionsRoot"), data("receiptsRoot"), data("logsBloom"), number("difficulty"),
                            number("number"), number("gasLimit"), number("gasUsed"), number("timestamp"),
                            data("extraData"), data("mixHash"), data("nonce"), number("baseFeePerGas")});
    block["hash"] = to_hex(crypto::keccak256(evm::rlp::encode(header)));
    return block;
  }

  nlohmann::json serve(const std::string& method, const nlohmann::json& params) {
    const std::lock_guard lock(mutex_);
    if (const auto it = more_.find(method); it != more_.end()) return it->second(method, params);
    if (method == "eth_chainId") return "0x1";
    if (method == "eth_getBlockReceipts" || method == "debug_getRawReceipts") {
      const auto& known = method == "eth_getBlockReceipts" ? receipts_ : encoded_;
      const auto found = known.find(params[0].get<std::string>());
      return found == known.end() ? nlohmann::json(nullptr) : found->second;
    }
    if (method == "eth_getTransactionReceipt") {
      for (const auto& [block, list] : receipts_) {
        for (const auto& receipt : list) {
          if (receipt["transactionHash"] == params[0]) return receipt;
        }
      }
      return nullptr;
    }
    if (method == "eth_getBlockByHash") {
      for (const auto& block : blocks_) {
        if (block["hash"] == params[0]) return block;
      }
      return nullptr;
    }
    if (method == "eth_getBlockByNumber") {
      if (params[0] == "latest") return blocks_.back();
      if (params[0] == "finalized")
        return final_ && *final_ < blocks_.size() ? blocks_[*final_] : nlohmann::json(nullptr);
      const auto num = parse_quantity(params[0].get<std::string>()).value();
      return num < blocks_.size() ? blocks_[static_cast<std::size_t>(num)] : nlohmann::json(nullptr);
    }
    return {{"fail", {{"code", -32601}, {"message", "no such method"}}}};
  }

  std::mutex mutex_;
  std::vector<nlohmann::json> blocks_;
  std::map<std::string, nlohmann::json> receipts_, encoded_;  // by block
  std::optional<std::uint64_t> final_;
  std::uint64_t gas_used_ = 0;
  std::map<std::string, Method> more_;
};

}  // namespace lockstep::tests
