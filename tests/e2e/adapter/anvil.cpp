#include "tests/e2e/adapter/anvil.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) throw std::runtime_error("no free port");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

int spawn(const std::string& binary, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), binary);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, binary.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("anvil cannot be started: " + binary);
  return pid;
}

}  // namespace

Anvil::Anvil() {
  const char* binary = std::getenv("LOCKSTEP_ANVIL");
  if (binary == nullptr) throw std::runtime_error("LOCKSTEP_ANVIL does not name an anvil binary");
  const auto port = std::to_string(free_port());
  pid_ =
      spawn(binary, {"--port", port, "--chain-id", std::to_string(chain_id), "--slots-in-an-epoch", "1", "--silent"});
  url_ = "http://127.0.0.1:" + port;
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
