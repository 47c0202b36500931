#include "app/cli/verify_chain.hpp"

#include <fmt/format.h>

#include "adapters/evm/diamond.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "app/cli/chain_access.hpp"
#include "app/cli/json_text.hpp"
#include "base/time.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::app {
namespace {

using evm::RpcAnswer;
using evm::RpcCall;
using nlohmann::json;

constexpr const char* implementation_slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

Address address_of(const json& object, const char* key) {
  return fixed_from_hex<Address>(text_of(object, key)).value_or(Address{});
}
Hash32 hash_of(const json& object, const char* key) {
  return fixed_from_hex<Hash32>(text_of(object, key)).value_or(Hash32{});
}

RpcCall storage_at(const Address& account, const std::string& slot, const Hash32& block) {
  return {"eth_getStorageAt", {to_hex(account), slot, evm::block_id(block)}};
}

bool holds(const std::string& compare, const Uint256& found, const Uint256& operand) {
  if (compare == "equals") return found == operand;
  if (compare == "not_zero") return found != 0;
  if (compare == "at_least") return found >= operand;
  return compare == "at_most" && found <= operand;
}

struct Question {
  RpcCall call;
  std::function<Result<VerifyRow>(const RpcAnswer&)> judge;
};

struct Verifier {
  const settings::ChainConfig& chain;
  const json& instance;
  Hash32 plan;
  bool home;
  coordinator::BlockRef block;

  VerifyRow row(std::string name, bool ok, std::string detail) const {
    return {chain.id, std::move(name), ok, std::move(detail)};
  }

  Question gate() const {
    return {evm::call_at(address_of(instance, "gate"), evm::status_calldata(), block.hash),
            [this](const RpcAnswer& answer) -> Result<VerifyRow> {
              const auto bytes = evm::as_bytes(answer);
              if (!bytes) return std::unexpected(bytes.error());
              const auto view = evm::decode_status(*bytes, block);
              if (!view) return row("gate", false, view.error().text());
              const bool same = view->plan_hash == plan && view->leaf_hash == hash_of(instance, "leaf_hash");
              const bool decided = !home || view->decision == coordinator::Outcome::new_version;
              const bool closed = view->phase == coordinator::GatePhase::closed_new && !view->halted;
              return row("gate", same && decided && closed,
                         fmt::format("{}{}, plan {}, mask {:#x}{}", coordinator::to_text(view->phase),
                                     view->halted ? " and halted" : "", to_hex(view->plan_hash), view->mask,
                                     home ? fmt::format(", decision {}", coordinator::to_text(view->decision)) : ""));
            }};
  }

  Question implementation(const json& proxy) const {
    return {storage_at(address_of(proxy, "proxy"), implementation_slot, block.hash),
            [this, &proxy](const RpcAnswer& answer) -> Result<VerifyRow> {
              const auto bytes = evm::as_bytes(answer);
              if (!bytes) return std::unexpected(bytes.error());
              const auto wanted = std::string(24, '0') + text_of(proxy, "new_implementation").substr(2);
              return row("implementation of " + text_of(proxy, "contract"), to_hex(*bytes) == "0x" + wanted,
                         to_hex(*bytes));
            }};
  }

  Question code(const json& check) const {
    return {evm::code_at(address_of(check, "account"), block.hash),
            [this, &check](const RpcAnswer& answer) -> Result<VerifyRow> {
              const auto bytes = evm::as_bytes(answer);
              if (!bytes) return std::unexpected(bytes.error());
              const auto found = crypto::keccak256(BytesView{*bytes});
              return row("code of " + text_of(check, "account"), !bytes->empty() && found == hash_of(check, "codehash"),
                         to_hex(found));
            }};
  }

  Question read(const json& read) const {
    const auto data = bytes_from_hex(text_of(read, "data")).value_or(Bytes{});
    return {evm::call_at(address_of(read, "target"), data, block.hash),
            [this, &read](const RpcAnswer& answer) -> Result<VerifyRow> {
              const auto name = "read " + text_of(read, "call");
              const auto bytes = evm::as_bytes(answer);
              if (!bytes) {
                if (!answer && answer.error().kind == transport::FailureKind::rpc)
                  return row(name, false, answer.error().detail);
                return std::unexpected(bytes.error());
              }
              const auto at = read.value("word", std::size_t{0}) * 32;
              if (bytes->size() < at + 32)
                return row(name, false, "answered only " + std::to_string(bytes->size()) + " bytes");
              Hash32 word;
              std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(at), 32, word.bytes.begin());
              const auto found = from_word(word), operand = from_word(hash_of(read, "operand"));
              return row(name, holds(text_of(read, "compare"), found, operand), to_decimal(found));
            }};
  }

  /// Versions stay as written; other declared writes may have moved on with trading.
  Question version(const json& write) const {
    return {storage_at(address_of(write, "account"), text_of(write, "slot"), block.hash),
            [this, &write](const RpcAnswer& answer) -> Result<VerifyRow> {
              const auto bytes = evm::as_bytes(answer);
              if (!bytes) return std::unexpected(bytes.error());
              return row(text_of(write, "name"), to_hex(*bytes) == text_of(write, "value"), to_hex(*bytes));
            }};
  }

  std::vector<Question> questions() const {
    std::vector<Question> all{gate()};
    for (const auto& proxy : list_of(instance, "proxies")) all.push_back(implementation(proxy));
    for (const auto& check : list_of(instance, "new_code")) all.push_back(code(check));
    for (const auto& one : list_of(instance, "new_reads")) all.push_back(read(one));
    for (const auto& write : list_of(instance, "writes")) {
      if (text_of(write, "name") == "initializable.version") all.push_back(version(write));
    }
    return all;
  }
};

}  // namespace

Result<std::vector<VerifyRow>> verify_instance(const settings::ChainConfig& chain, const json& instance,
                                               const Hash32& plan, bool home) {
  auto opened = open_pool(chain);
  if (!opened) return std::unexpected(opened.error());
  auto& pool = **opened;
  const auto block = newest_final(pool, chain);
  if (!block) return std::unexpected(block.error());
  const Verifier verifier{chain, instance, plan, home, *block};
  const auto questions = verifier.questions();
  std::vector<RpcCall> calls;
  calls.reserve(questions.size());
  for (const auto& question : questions) calls.push_back(question.call);
  const auto answers = evm::agreed_all(pool, calls);
  if (!answers) return std::unexpected(answers.error());
  std::vector<VerifyRow> rows{verifier.row(
      "block", true, fmt::format("{} {} of {}", block->num, to_hex(block->hash), to_rfc3339(block->time)))};
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto row = questions[i].judge((*answers)[i]);
    if (!row) return std::unexpected(row.error());
    rows.push_back(std::move(*row));
  }
  evm::CompiledInstance asked;
  for (const auto& diamond : list_of(instance, "diamonds")) {
    asked.diamonds.push_back({text_of(diamond, "contract"), address_of(diamond, "diamond"),
                              hash_of(diamond, "old_version"), hash_of(diamond, "new_version")});
  }
  const auto seen = evm::diamond::read(pool, asked, block->hash);
  if (!seen) return std::unexpected(seen.error());
  for (std::size_t i = 0; i < seen->size(); ++i) {
    const auto& change = asked.diamonds[i];
    const auto& version = (*seen)[i].version;
    rows.push_back(verifier.row("functions of " + change.contract, version == change.new_version, to_hex(version)));
  }
  return rows;
}

}  // namespace lockstep::app
