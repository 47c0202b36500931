#include "settings/config.hpp"

#include <unistd.h>

#include <algorithm>

#include "settings/config_check.hpp"
#include "settings/config_tree.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

ChainConfig read_chain(const Node& node) {
  ChainConfig chain;
  chain.id = text_at(node, "id");
  chain.adapter = text_at(node, "adapter");
  chain.chain_id = number_at(node, "chain_id");
  const auto finality = text_at(node, "finality");
  if (at(node, "finality.confirmations") != nullptr) {
    chain.finality = FinalityTag::confirmations;
    chain.confirmations = number_at(node, "finality.confirmations");
  } else {
    chain.finality = finality == "latest" ? FinalityTag::latest
                     : finality == "safe" ? FinalityTag::safe
                                          : FinalityTag::finalized;
  }
  chain.rpc_quorum = static_cast<std::uint32_t>(number_at(node, "rpc_quorum"));
  chain.poll_ms = static_cast<std::uint32_t>(number_at(node, "poll_ms"));
  chain.timeout_ms = static_cast<std::uint32_t>(number_at(node, "timeout_ms"));
  chain.max_fee_gwei = number_at(node, "max_fee_gwei");
  chain.stuck_after_s = number_at(node, "stuck_after_s");
  chain.logs_from = number_at(node, "logs_from");
  chain.logs_range = static_cast<std::uint32_t>(number_at(node, "logs_range"));
  const auto receipts = text_at(node, "receipts");
  chain.receipts = receipts == "agreed" ? Receipts::agreed : receipts == "raw" ? Receipts::raw : Receipts::proved;
  chain.traces = text_at(node, "trace") == "auto";
  const auto l1_fee = text_at(node, "l1_fee");
  chain.l1_fee = l1_fee == "none"       ? L1Fee::none
                 : l1_fee == "op-stack" ? L1Fee::op_stack
                 : l1_fee == "arbitrum" ? L1Fee::arbitrum
                                        : L1Fee::probed;
  chain.signer = text_at(node, "signer");
  for (const auto& rpc : items_at(node, "rpc")) {
    RpcEndpoint endpoint{text_at(rpc, "name"), secret_at(rpc, "url"), {}};
    if (rpc.find("ws") != nullptr) endpoint.ws = secret_at(rpc, "ws");
    chain.rpc.push_back(std::move(endpoint));
  }
  return chain;
}

Config read_config(const Node& root) {
  Config config;
  config.version = static_cast<std::uint32_t>(number_at(root, "version"));
  config.service_name = text_at(root, "service.name");
  config.data_dir = text_at(root, "service.data_dir");
  config.keep_mirrors = number_at(root, "service.keep_mirrors");
  config.audit_every_s = number_at(root, "service.audit_every_s");
  config.audit_sample = number_at(root, "service.audit_sample");
  config.log_level = text_at(root, "service.log.level");
  config.log_format = text_at(root, "service.log.format");
  config.api_listen = text_at(root, "api.listen");
  config.api_admin = text_at(root, "api.admin");
  config.api_metrics = text_at(root, "api.metrics");
  config.api_hosts = strings_at(root, "api.hosts");
  for (auto& host : config.api_hosts)
    std::ranges::transform(host, host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  config.behind_proxy = flag_at(root, "api.behind_proxy");
  config.store_url = text_at(root, "store.url");
  if (config.store_url.empty()) config.store_url = "sqlite://" + (config.data_dir / "journal.db").string();
  config.reserve_mib = number_at(root, "store.reserve_mib");
  for (const auto& node : items_at(root, "chain")) config.chains.push_back(read_chain(node));
  for (const auto& node : items_at(root, "signer")) {
    config.signers.push_back({text_at(node, "id"),
                              text_at(node, "type"),
                              text_at(node, "path"),
                              secret_at(node, "passphrase"),
                              secret_at(node, "url"),
                              {},
                              {},
                              address_at(node, "address"),
                              text_at(node, "ca_file"),
                              text_at(node, "client_certificate"),
                              text_at(node, "client_key")});
    auto& signer = config.signers.back();
    signer.dialect = node.find("dialect") == nullptr ? "clef" : text_at(node, "dialect");
    signer.timeout_s = node.find("timeout_s") == nullptr ? 60 : number_at(node, "timeout_s");
  }
  config.operator_signer = text_at(root, "operator.signer");
  config.operator_direct = flag_at(root, "operator.direct");
  for (const auto& node : items_at(root, "peer"))
    config.peers.push_back({address_at(node, "address"), secret_at(node, "url")});
  return config;
}

std::vector<std::filesystem::path> protocol_files(const std::filesystem::path& config_file) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(config_file.parent_path() / "protocols", error)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string shown(const Node& node, const std::string& key) {
  const bool secret = key.ends_with("url") || key.ends_with(".ws") || key.ends_with("passphrase") ||
                      key.ends_with("routing_key") || key.ends_with("secret") || key.ends_with("password");
  if (secret && node.kind == Node::Kind::string && key != "store.url") return "\"(not shown)\"";
  if (node.kind != Node::Kind::string) return node.text;
  return "\"" + node.text + "\"";
}

void collect(const Node& node, const std::string& key, std::vector<Origin>& origins) {
  if (node.is_scalar()) origins.push_back({key, node.where, shown(node, key)});
  for (const auto& member : node.members)
    collect(member.value, key.empty() ? member.key : key + "." + member.key, origins);
  for (std::size_t i = 0; i < node.items.size(); ++i)
    collect(node.items[i], key + "[" + std::to_string(i) + "]", origins);
}

/// The merged tree of all files that can be read and parsed.
Node read_files(const std::vector<std::filesystem::path>& files, std::vector<Error>& errors) {
  Node root;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto parts = i == 0 ? with_fragments(files[i]) : std::vector{files[i]};
    for (const auto& part : parts) {
      const auto text = read_text(part.string());
      auto tree = text ? parse_toml(*text, part.string()) : std::unexpected(text.error());
      if (!tree) {
        errors.push_back(tree.error());
      } else {
        merge(root, std::move(*tree));
      }
    }
  }
  return root;
}

}  // namespace

std::expected<Node, std::vector<Error>> load_tree(const std::vector<std::filesystem::path>& files) {
  std::vector<Error> errors;
  if (files.empty())
    return std::unexpected(std::vector{Error{"no config file is given", {}, {}, "name one with --config"}});
  auto root = read_files(files, errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  apply_environment(root, environ, errors);
  check(root, config_rules(), files.front().string(), errors);
  const auto config = read_config(root);
  cross_check(root, config, errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return root;
}

Loaded loaded_from(const Node& root, const std::filesystem::path& first) {
  Loaded loaded;
  loaded.config = read_config(root);
  loaded.config.protocol_files = protocol_files(first);
  collect(root, "", loaded.origins);
  loaded.notices = notices(root, loaded.config);
  return loaded;
}

std::expected<Loaded, std::vector<Error>> load_config(const std::vector<std::filesystem::path>& files) {
  const auto root = load_tree(files);
  if (!root) return std::unexpected(root.error());
  return loaded_from(*root, files.front());
}

}  // namespace lockstep::settings
