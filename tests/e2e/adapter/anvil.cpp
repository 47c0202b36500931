#include "tests/e2e/adapter/anvil.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "adapters/evm/gate_abi.hpp"
#include "adapters/transport/json_rpc.hpp"
#include "base/uint256.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::e2e {
namespace {

using nlohmann::json;

/// What it says goes to `out`.
int spawn(const std::string& binary, std::vector<std::string> arguments, int out) {
  arguments.insert(arguments.begin(), binary);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, binary.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("anvil cannot be started: " + binary);
  return pid;
}

/// The port that the kernel gave it: one that was found free before could be somebody else's by now.
std::string port_said(int out) {
  constexpr std::string_view before = "Listening on 127.0.0.1:";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    std::string said(1 << 16, '\0');
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::pread(out, said.data(), said.size(), 0))));
    const auto found = said.find(before), end = said.find('\n', found);
    if (found != std::string::npos && end != std::string::npos)
      return said.substr(found + before.size(), end - found - before.size());
    std::this_thread::yield();
  }
  throw std::runtime_error("anvil does not say where it listens");
}

}  // namespace

Anvil::Anvil() {
  const char* binary = std::getenv("LOCKSTEP_ANVIL");
  if (binary == nullptr) throw std::runtime_error("LOCKSTEP_ANVIL does not name an anvil binary");
  std::string name = "/tmp/lockstep-anvil-XXXXXX";
  const int out = ::mkstemp(name.data());
  if (out < 0) throw std::runtime_error("no file for what anvil says");
  ::unlink(name.c_str());
  pid_ = spawn(binary, {"--port", "0", "--chain-id", std::to_string(chain_id), "--slots-in-an-epoch", "1"}, out);
  url_ = "http://127.0.0.1:" + port_said(out);
  ::close(out);
  http_ = std::make_unique<transport::HttpClient>(std::vector{url_}, 20'000U);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    if (http_->post({{0, R"({"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]})"}})[0]) return;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("anvil does not answer");
    std::this_thread::yield();
  }
}

Anvil::~Anvil() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

json Anvil::rpc(const std::string& method, json params) {
  const std::vector<transport::RpcCall> calls{{method, std::move(params)}};
  const auto id = next_id_++;
  const auto reply = http_->post({{0, transport::encode_batch(calls, id)}})[0];
  if (!reply) throw std::runtime_error(method + ": " + to_text(reply.error()));
  const auto answers = transport::decode_batch(*reply, 1, id);
  if (!answers) throw std::runtime_error(method + ": " + to_text(answers.error()));
  if (!(*answers)[0]) {
    const auto& failure = (*answers)[0].error();
    throw std::runtime_error(method + ": " + to_text(failure) + " " +
                             evm::revert_text(bytes_from_hex(failure.data).value_or(Bytes{})));
  }
  return *(*answers)[0];
}

void Anvil::mine(unsigned blocks) {
  for (unsigned i = 0; i < blocks; ++i) mine_at(time() + 1);
}

void Anvil::mine_at(std::uint64_t time) {
  rpc("evm_setNextBlockTimestamp", {time});
  rpc("evm_mine");
}

std::uint64_t Anvil::time() {
  return static_cast<std::uint64_t>(
      parse_quantity(rpc("eth_getBlockByNumber", {"latest", false}).at("timestamp").get<std::string>()).value());
}

Address Anvil::account(std::size_t index) {
  return fixed_from_hex<Address>(rpc("eth_accounts").at(index).get<std::string>()).value();
}

json Anvil::receipt_of(const json& transaction) {
  const auto hash = rpc("eth_sendTransaction", {transaction});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {  // anvil mines right after it has answered
    auto receipt = rpc("eth_getTransactionReceipt", {hash});
    if (receipt.is_object() && receipt.at("status") == "0x1") return receipt;
    if (receipt.is_object()) {
      rpc("eth_call", {transaction, "latest"});  // throws with the reason
      throw std::runtime_error("a transaction of the set-up reverted: " + transaction.dump().substr(0, 200));
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("a transaction of the set-up was never mined");
  }
}

void Anvil::send(const Address& from, const Address& to, const Bytes& data) {
  receipt_of({{"from", to_hex(from)}, {"to", to_hex(to)}, {"data", to_hex(BytesView(data))}, {"gas", "0xb71b00"}});
}

Address Anvil::deploy(const std::string& contract, const std::string& constructor,
                      const std::vector<evm::abi::Value>& arguments) {
  const auto* below =
      contract.find('/') == std::string::npos ? "/contracts_abi/" : "/contracts_abi/solidity/node_modules/";
  std::ifstream file(std::string(LOCKSTEP_SOURCE_DIR) + below + contract + ".json");
  auto code = bytes_from_hex(json::parse(file).at("bytecode").get<std::string>()).value();
  const auto encoded =
      evm::abi::encode(evm::abi::parse_function("constructor" + constructor).value().inputs, arguments);
  append(code, encoded);
  const auto receipt =
      receipt_of({{"from", to_hex(account(0))}, {"data", to_hex(BytesView(code))}, {"gas", "0x1c00000"}});
  return fixed_from_hex<Address>(receipt.at("contractAddress").get<std::string>()).value();
}

Bytes call(const std::string& signature, const std::vector<evm::abi::Value>& arguments) {
  return evm::abi::encode_call(evm::abi::parse_function(signature).value(), arguments);
}

evm::abi::Value list(std::vector<evm::abi::Value> elements) {
  evm::abi::Value value;
  value.elements = std::move(elements);
  return value;
}

evm::abi::Value number(std::uint64_t value) { return evm::abi::of(Uint256(value)); }
evm::abi::Value bytes(const Bytes& value) { return evm::abi::of(BytesView(value)); }

Hash32 code_hash(Anvil& anvil, const Address& account) {
  const auto code = bytes_from_hex(anvil.rpc("eth_getCode", {to_hex(account), "latest"}).get<std::string>()).value();
  return crypto::keccak256(code);
}

}  // namespace lockstep::e2e
