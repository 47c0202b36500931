#pragma once
// config.toml: what the operator decides. One struct; every key, type, default and limit is a row of
// settings/table.cpp.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::settings {

struct RpcEndpoint {
  std::string name;
  SecretRef url;
  std::optional<SecretRef> ws;
};

enum class FinalityTag : std::uint8_t { latest, safe, finalized, confirmations };

/// What a rollup takes for its data beyond gas. op_stack: by the GasPriceOracle predeploy. probed: that, if there is
/// code at its address.
enum class L1Fee : std::uint8_t { probed, op_stack, arbitrum, none };

/// What proves logs. proved: all receipts of their block, by its receiptsRoot; raw: the same, read as the trie has them
/// (debug_getRawReceipts), which is less to read; agreed: nothing but K equal answers.
enum class Receipts : std::uint8_t { proved, raw, agreed };

struct ChainConfig {
  std::string id;
  std::string adapter = "evm";
  std::uint64_t chain_id = 0;
  FinalityTag finality = FinalityTag::finalized;
  std::uint64_t confirmations = 0;  // with FinalityTag::confirmations
  std::uint32_t rpc_quorum = 1;
  std::uint32_t poll_ms = 1000;      // how often heads are asked for; at most a tenth of the block time is useful
  std::uint32_t timeout_ms = 5000;   // of one request
  std::uint64_t max_fee_gwei = 500;  // cap on maxFeePerGas of anything we send
  std::uint64_t stuck_after_s = 30;  // resubmit with higher fees after this
  std::uint64_t logs_from = 0;       // first block that can hold events of our contracts
  std::uint32_t logs_range = 2000;   // blocks read at once
  L1Fee l1_fee = L1Fee::probed;
  bool traces = true;  // trace = "auto": a plan's writes are traced before the halt
  Receipts receipts = Receipts::proved;
  std::string signer;  // id of a signer; empty = never submits
  std::vector<RpcEndpoint> rpc;
};

struct SignerConfig {
  std::string id;
  std::string type = "keystore";
  std::filesystem::path path;  // keystore
  SecretRef passphrase;
  SecretRef url;                 // web3signer, jsonrpc
  std::string dialect = "clef";  // jsonrpc: clef | eth
  std::uint64_t timeout_s = 60;  // jsonrpc: of one answer
  Address address;
  std::filesystem::path ca_file, client_certificate, client_key;  // empty: the system's; none
};

struct PeerConfig {
  Address address;
  SecretRef url;
};

struct Config {
  std::uint32_t version = 1;
  std::string service_name = "lockstep";
  std::filesystem::path data_dir;
  std::uint64_t keep_mirrors = 0;    // snapshot files of each instance in <data_dir>/mirrors
  std::uint64_t audit_every_s = 60;  // 0: mirrors are compared with the chain only when an upgrade asks
  std::uint64_t audit_sample = 32;   // accounts, and as many orders, at a time
  std::string log_level = "info", log_format = "auto";
  std::string api_listen = "127.0.0.1:8780", api_admin,
              api_metrics = "127.0.0.1:9780";  // api_admin: unix:/path/admin.sock
  std::vector<std::string> api_hosts;          // lower case
  bool behind_proxy = false;
  std::string store_url;           // default sqlite://<data_dir>/journal.db
  std::uint64_t reserve_mib = 64;  // file kept to be given back on a full disk
  std::vector<ChainConfig> chains;
  std::vector<SignerConfig> signers;
  std::string operator_signer;   // empty = observe only
  bool operator_direct = false;  // protocols without a gate are allowed
  std::vector<PeerConfig> peers;
  std::vector<std::filesystem::path> protocol_files;  // <config dir>/protocols/*.toml
};

/// where: default | file:line:col | env NAME. value: TOML text, with secrets and URLs left out.
struct Origin {
  std::string key, where, value = {};
};

struct Loaded {
  Config config;
  std::vector<Origin> origins;
  std::vector<Error> notices;  // accepted, but will not do what a reader may expect
};

/// Defaults < first file < its conf.d/*.toml < further files < LOCKSTEP__SECTION__KEY < nothing. All errors found, not
/// only the first.
std::expected<Loaded, std::vector<Error>> load_config(const std::vector<std::filesystem::path>& files);

}  // namespace lockstep::settings
