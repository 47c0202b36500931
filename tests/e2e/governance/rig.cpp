#include "tests/e2e/governance/rig.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>

#include "adapters/evm/follower.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/interference.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/governance_text.hpp"
#include "tests/support/logs_text.hpp"

namespace lockstep::e2e {
namespace {

using namespace evm::governance;
using nlohmann::json;

constexpr std::uint64_t genesis = 2'000'000'000;  // so that a recording has the same times whenever it is made

json parsed(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no file " + path);
  return json::parse(file);
}

Bytes code_of(const json& artifact) {
  const auto& code = artifact.at("bytecode");
  const auto text = code.is_string() ? code.get<std::string>() : code.at("object").get<std::string>();
  return bytes_from_hex(text.starts_with("0x") ? text : "0x" + text).value();
}

/// Of code only whether there is any matters, and it is long.
json kept(const transport::RpcCall& call, const transport::RpcAnswer& answer) {
  if (call.method == "eth_getCode" && answer && *answer != "0x") return "0x00";
  return tests::answer_json(answer);
}

}  // namespace

Artifact npm(const std::string& path) {
  const auto root = std::string(LOCKSTEP_SOURCE_DIR) + "/contracts_abi/solidity/node_modules/";
  const auto package = path.substr(0, path.find('/', path.find('/') + 1));
  const auto manifest = parsed(root + package + "/package.json");
  return {code_of(parsed(root + path)), "npm " + manifest.at("name").get<std::string>() + "@" +
                                            manifest.at("version").get<std::string>() + " " +
                                            path.substr(package.size() + 1)};
}

Artifact own(const std::string& name) {
  return {code_of(parsed(std::string(LOCKSTEP_SOURCE_DIR) + "/contracts_abi/" + name + ".json")),
          "contracts_abi/" + name + ".json"};
}

std::optional<Artifact> elsewhere(const std::string& name) {
  const char* folder = std::getenv("LOCKSTEP_ARTIFACTS");
  if (folder == nullptr) return std::nullopt;
  const auto artifact = parsed(std::string(folder) + "/" + name + ".json");
  return Artifact{code_of(artifact), artifact.at("provenance").get<std::string>()};
}

Rig::Rig(std::string name)
    : name_(std::move(name)),
      pool_({{"node", anvil.url()}}, {.chain_id = chain_id, .quorum = 1, .timeout_ms = 20'000}) {
  me = anvil.account(0);
  other = anvil.account(1);
  third = anvil.account(2);
  at(genesis);
  gate = code("00");  // takes every call
  wanted_.plan = crypto::keccak256(std::string_view("plan"));
  wanted_.gate = gate;
  const auto selector = evm::arm_selector();
  wanted_.calldata.assign(selector.begin(), selector.end());
  append(wanted_.calldata, wanted_.plan.view());
  if (!pool_.connect()) throw std::runtime_error("the node does not answer");
}

Rig::~Rig() {
  const char* folder = std::getenv("LOCKSTEP_RECORD");
  if (folder == nullptr || steps_.empty() || ::testing::Test::HasFailure() || std::uncaught_exceptions() > 0) return;
  std::ofstream file(std::string(folder) + "/" + name_ + ".json");
  const auto ref = [](const settings::GovernanceRef& r) {
    return json{{"address", to_hex(r.address)}, {"kind", r.kind}};
  };
  json head{{"provenance", provenance_},
            {"node", anvil.rpc("web3_clientVersion")},
            {"chain_id", chain_id},
            {"gate", to_hex(gate)},
            {"plan", to_hex(wanted_.plan)},
            {"arm", to_hex(BytesView(wanted_.calldata))},
            {"timelock", ref(instance_.timelock)}};
  if (instance_.governor) head["governor"] = ref(*instance_.governor);
  auto text = head.dump();
  text.pop_back();
  file << text << ",\n\"steps\":[\n";
  for (std::size_t i = 0; i < steps_.size(); ++i) file << steps_[i].dump() << (i + 1 < steps_.size() ? ",\n" : "\n");
  file << "]}\n";
}

json Rig::transact(json transaction) {
  transaction["gas"] = "0x1c00000";
  anvil.rpc("evm_setNextBlockTimestamp", {now() + 1});
  const auto hash = anvil.rpc("eth_sendTransaction", {transaction});
  auto receipt = anvil.rpc("eth_getTransactionReceipt", {hash});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!receipt.is_object()) {  // anvil mines right after it has answered
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("a transaction was never mined");
    receipt = anvil.rpc("eth_getTransactionReceipt", {hash});
  }
  if (receipt.at("status") == "0x1") return receipt;
  anvil.rpc("eth_call", {transaction, "latest"});  // throws with the reason
  throw std::runtime_error("a transaction reverted: " + transaction.dump().substr(0, 200));
}

Address Rig::deploy(const Artifact& artifact, const std::string& constructor,
                    const std::vector<evm::abi::Value>& arguments) {
  auto code = artifact.bytecode;
  append(code, evm::abi::encode(evm::abi::parse_function("constructor" + constructor).value().inputs, arguments));
  if (std::ranges::find(provenance_, artifact.provenance) == provenance_.end())
    provenance_.push_back(artifact.provenance);
  const auto receipt = transact({{"from", to_hex(me)}, {"data", to_hex(BytesView(code))}});
  return fixed_from_hex<Address>(receipt.at("contractAddress").get<std::string>()).value();
}

Address Rig::code(const char* runtime) {
  Address place;
  place.bytes.fill(0xc0);
  place.bytes[19] = ++codes_;
  anvil.rpc("anvil_setCode", {to_hex(place), std::string("0x") + runtime});
  return place;
}

void Rig::send(const Address& from, const Address& to, const std::string& signature,
               const std::vector<evm::abi::Value>& arguments) {
  send_raw(from, to, call(signature, arguments));
}

void Rig::send_raw(const Address& from, const Address& to, const Bytes& data) {
  transact({{"from", to_hex(from)}, {"to", to_hex(to)}, {"data", to_hex(BytesView(data))}});
}

void Rig::at(std::uint64_t time) { anvil.mine_at(time); }
void Rig::blocks(unsigned count) {
  constexpr unsigned at_once = 200;  // answered well within the client's timeout
  for (; count > 0; count -= std::min(count, at_once))
    anvil.rpc("anvil_mine", {to_quantity(Uint256(std::min(count, at_once))), "0x1"});
}

Bytes Rig::read(const Address& to, const std::string& signature, const std::vector<evm::abi::Value>& arguments) {
  const auto data = call(signature, arguments);
  return bytes_from_hex(anvil.rpc("eth_call", {{{"to", to_hex(to)}, {"data", to_hex(BytesView(data))}}, "latest"})
                            .get<std::string>())
      .value();
}

Uint256 Rig::read_word(const Address& to, const std::string& signature, const std::vector<evm::abi::Value>& arguments) {
  return word(read(to, signature, arguments)).value();
}

void Rig::govern(const settings::GovernanceRef& timelock, const std::optional<settings::GovernanceRef>& governor) {
  instance_.chain = "local";
  instance_.gate = gate;
  instance_.timelock = timelock;
  instance_.governor = governor;
  auto made = dialects_of(instance_, chain_id);
  if (!made) throw std::runtime_error(made.error().text());
  dialects_ = *std::move(made);
}

Reader Rig::reader(json& answers) {
  const auto block = evm::as_header(pool_.ask({evm::block_by_tag("latest")}).value().at(0)).value();
  return {[this, &answers](const std::vector<transport::RpcCall>& calls) {
            auto got = evm::agreed_all(pool_, calls);
            if (!got) return got;
            for (std::size_t i = 0; i < calls.size(); ++i) answers[tests::key_of(calls[i])] = kept(calls[i], (*got)[i]);
            return got;
          },
          evm::ref(block)};
}

void Rig::look(const std::string& what, Stage expected, const std::optional<Execution>& execution) {
  SCOPED_TRACE(name_ + ": " + what);
  json step{{"what", what}, {"logs", json::array()}, {"inputs", json::object()}, {"answers", json::object()}};
  std::vector<Address> addresses;
  for (const auto& dialect : dialects_) addresses.push_back(dialect->address());
  std::ranges::sort(addresses);
  const auto read = reader(step["answers"]);
  json list = json::array();
  for (const auto& address : addresses) list.push_back(to_hex(address));
  const auto to = read.block().num;
  const auto raw = anvil.rpc(
      "eth_getLogs",
      {{{"fromBlock", to_quantity(Uint256(next_log_))}, {"toBlock", to_quantity(Uint256(to))}, {"address", list}}});
  const auto logs = tests::logs_of(raw, addresses, next_log_, to);
  ASSERT_TRUE(logs.has_value()) << logs.error().why;
  next_log_ = to + 1;
  for (const auto& log : raw) step["logs"].push_back(tests::trimmed(log));
  told_ = tests::observe(dialects_, instance_, *logs);
  for (const auto& dialect : dialects_) {
    for (const auto& txn : dialect->txns_wanted()) {
      const auto input = anvil.rpc("eth_getTransactionByHash", {to_hex(txn)}).at("input").get<std::string>();
      step["inputs"][to_hex(txn)] = input;
      dialect->learn(txn, bytes_from_hex(input).value());
    }
  }
  const auto fact = fact_about(wanted_, dialects_, read);
  ASSERT_TRUE(fact.has_value()) << fact.error().text();
  last_ = fact->value_or(Fact{});
  EXPECT_STREQ(to_text(expected), to_text(last_.stage)) << last_.detail;
  if (execution) {
    auto asked = evm::call_at(execution->to, execution->data, read.block().hash);
    asked.params[0]["from"] = to_hex(execution->from);
    const auto answer = pool_.ask({asked}).value().at(0);
    EXPECT_EQ(answer.has_value(), last_.stage == Stage::ready)
        << (answer ? "the contract would execute" : "the contract refuses: " + evm::why_reverted(answer.error()));
    step["executes"] = answer.has_value();
  }
  const auto pending = unplanned(wanted_, dialects_, {gate}, read);
  ASSERT_TRUE(pending.has_value()) << pending.error().text();
  step["block"] = {{"num", to}, {"hash", to_hex(read.block().hash)}, {"time", read.now()}};
  step["told"] = told_;
  step["fact"] = tests::fact_json(last_);
  pending_ = pending->lines;
  step["pending"] = pending_;
  steps_.push_back(std::move(step));
}

std::map<std::string, std::string> Rig::rows() {
  json step{{"what", "configuration"}, {"answers", json::object()}};
  const auto read = reader(step["answers"]);
  const auto rows = tests::configuration(dialects_, read);
  step["block"] = {{"num", read.block().num}, {"hash", to_hex(read.block().hash)}, {"time", read.now()}};
  step["rows"] = tests::rows_json(rows);
  steps_.push_back(std::move(step));
  std::map<std::string, std::string> colours;
  for (const auto& row : rows) colours[row.name] = coordinator::to_text(row.colour);
  return colours;
}

}  // namespace lockstep::e2e
