#include "settings/config_check.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/loopback.hpp"
#include "settings/check.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

constexpr std::size_t max_unix_path = 107;  // sun_path without its terminator

struct CrossChecker {
  const Node& root;
  const Config& config;
  std::vector<Error>& errors;

  void refuse(std::string what, std::string where, std::string why = {}, std::string next = {}) {
    errors.push_back({std::move(what), std::move(where), std::move(why), std::move(next)});
  }

  /// Every value of `key` in an array of tables once; empty ones were reported as missing.
  void unique(const std::string& list, const std::string& key) {
    std::map<std::string, std::string> seen;
    for (const auto& item : items_at(root, list)) {
      const auto value = text_at(item, key);
      if (value.empty()) continue;
      const auto [first, added] = seen.emplace(value, where_at(item, key));
      if (!added)
        refuse(fmt::format("{} {} \"{}\" is used twice", list, key, value), where_at(item, key),
               "first used at " + first->second);
    }
  }

  void signer_exists(const std::string& id, const std::string& where) {
    if (id.empty()) return;
    std::vector<std::string> known;
    known.reserve(config.signers.size());
    for (const auto& signer : config.signers) known.push_back(signer.id);
    if (std::find(known.begin(), known.end(), id) != known.end()) return;
    refuse("signer \"" + id + "\" is not defined", where, {},
           known.empty() ? "add a [[signer]] with this id" : suggestion(id, known));
  }

  void chain(const ChainConfig& chain, const Node& node) {
    const auto r = chain.rpc.size();
    const auto k = chain.rpc_quorum;
    if (r > 0 && k > r) {
      refuse(fmt::format("rpc_quorum {} is more than the {} endpoints of {}", k, r, chain.id),
             where_at(node, "rpc_quorum"), "so many could never agree", "lower it, or add a [[chain.rpc]]");
    } else if (r > 1 && 2 * static_cast<std::size_t>(k) <= r) {
      refuse(fmt::format("rpc_quorum {} of {} endpoints of {} is no majority", k, r, chain.id),
             where_at(node, "rpc_quorum"), "two halves could agree on different blocks",
             fmt::format("set rpc_quorum to {} or more", r / 2 + 1));
    }
    std::set<std::string> names;
    for (const auto& rpc : items_at(node, "rpc")) {
      const auto name = text_at(rpc, "name");
      if (!name.empty() && !names.insert(name).second)
        refuse(fmt::format("endpoint \"{}\" of {} is named twice", name, chain.id), where_at(rpc, "name"));
    }
    signer_exists(chain.signer, where_at(node, "signer"));
  }

  /// "host:port" with a numeric host, or localhost.
  void listen(const std::string& value, const std::string& key) {
    const auto where = where_at(root, key);
    const auto colon = value.rfind(':');
    std::string host = value.substr(0, std::min(colon, value.size()));
    const auto port = colon == std::string::npos ? std::string{} : value.substr(colon + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    in_addr v4{};
    in6_addr v6{};
    const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1, is_v6 = inet_pton(AF_INET6, host.c_str(), &v6) == 1;
    if (port.empty() || error != std::errc{} || end != port.data() + port.size() || number > 65535 ||
        (!is_v4 && !is_v6 && host != "localhost")) {
      refuse("\"" + value + "\" is not an address to listen on", where, {},
             "write an IP address and a port, as in 127.0.0.1:8780");
      return;
    }
    if (is_loopback(host) || config.behind_proxy) return;
    const bool read = key == "api.listen",
               secured = !text_at(root, "api.tls.certificate").empty() && !items_at(root, "api.token").empty();
    if (!read || !secured)
      refuse(
          value + " can be reached from other machines", where,
          read ? "without TLS and a token anybody could read and change what is read" : "it has neither TLS nor tokens",
          read ? "listen on 127.0.0.1, set api.tls and an [[api.token]], or api.behind_proxy = true if a proxy "
                 "protects it"
               : "listen on 127.0.0.1, or set api.behind_proxy = true if a proxy protects it");
  }

  void admin() {
    const auto where = where_at(root, "api.admin");
    constexpr std::string_view scheme = "unix:";
    if (!config.api_admin.starts_with(scheme) || config.api_admin.size() <= scheme.size() ||
        config.api_admin[scheme.size()] != '/') {
      refuse("\"" + config.api_admin + "\" is not an admin socket", where, {}, "write unix:/absolute/path");
    } else if (config.api_admin.size() - scheme.size() > max_unix_path) {
      refuse("path of the admin socket is too long", where, fmt::format("at most {} characters", max_unix_path));
    }
  }

  void tls() {
    const bool certificate = at(root, "api.tls.certificate") != nullptr, key = at(root, "api.tls.key") != nullptr;
    if (certificate == key) return;
    refuse(certificate ? "api.tls.certificate has no key" : "api.tls.key has no certificate", where_at(root, "api.tls"),
           {}, certificate ? "add key = { file = … }" : "add certificate = \"/path/to/fullchain.pem\"");
  }

  void token(const Node& node) {
    const auto hash = fixed_from_hex<Hash32>("0x" + text_at(node, "sha256"));
    if (!hash || hash->is_zero())
      refuse("sha256 of token \"" + text_at(node, "id") + "\" is not a hash", where_at(node, "sha256"), {},
             "write 64 hexadecimal digits; lockstep token new makes them");
  }

  /// What a kind of thing needs and may have among `all`; nothing else of them.
  void members(const Node& node, const std::string& at, std::initializer_list<const char*> all,
               const std::set<std::string>& needs, const std::set<std::string>& may) {
    for (const auto* key : all) {
      const bool given = node.find(key) != nullptr;
      if (!given && needs.contains(key))
        refuse(fmt::format("{} needs {}", at, key), where_at(node, "id"), {}, fmt::format("add {} = …", key));
      if (given && !needs.contains(key) && !may.contains(key))
        refuse(fmt::format("{} has no use for {}", at, key), where_at(node, key));
    }
  }

  void signer(const Node& node) {
    const auto type = text_at(node, "type");
    const bool remote = type == "web3signer" || type == "jsonrpc";
    if (type != "keystore" && !remote) return;  // that was reported
    std::set<std::string> may{"ca_file", "client_certificate", "client_key"};
    if (type == "jsonrpc") may.insert({"dialect", "timeout_s"});
    const auto at = fmt::format("{} \"{}\"", type, text_at(node, "id"));
    members(
        node, at,
        {"path", "passphrase", "url", "address", "dialect", "timeout_s", "ca_file", "client_certificate", "client_key"},
        remote ? std::set<std::string>{"url", "address"} : std::set<std::string>{"path", "passphrase"},
        remote ? may : std::set<std::string>{});
    if ((node.find("client_certificate") == nullptr) != (node.find("client_key") == nullptr))
      refuse(at + " has one of client_certificate and client_key", where_at(node, "id"), {}, "give both or none");
  }

  /// What each type of sink cannot do without, and what it has no use for.
  void sink(const Node& node) {
    const auto id = text_at(node, "id"), type = text_at(node, "type"), from = text_at(node, "from");
    const auto to = strings_at(node, "to");
    const auto url = secret_at(node, "url");
    const std::map<std::string, std::set<std::string>> needs{{"slack", {"url"}},
                                                             {"discord", {"url"}},
                                                             {"pagerduty", {"routing_key"}},
                                                             {"webhook", {"url", "secret"}},
                                                             {"email", {"url", "from", "to"}}};
    const auto known = needs.find(type);
    if (known == needs.end()) return;  // an unknown type was reported
    auto may = known->second;
    if (type == "pagerduty") may.insert("url");
    if (type == "email") may.insert({"username", "password"});
    const auto at = fmt::format("{} sink \"{}\"", type, id);
    members(node, at, {"url", "routing_key", "secret", "from", "to", "username", "password"}, known->second, may);
    const auto letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
    if (!std::ranges::all_of(id, letter) || id.starts_with('.'))
      refuse(fmt::format("{} has an id that is no file name", at), where_at(node, "id"), {},
             "use letters, digits, -, _ and .");
    const bool mail = url.source == SecretSource::literal && url.name.starts_with("smtp");
    if (url.source == SecretSource::literal && mail != (type == "email"))
      refuse(fmt::format("{} cannot use this url", at), where_at(node, "url"), {},
             type == "email" ? "write smtp://host:port or smtps://host:port" : "write https://…");
    const auto control = [](const std::string& text) { return text.find_first_of("\r\n<>") != std::string::npos; };
    if (control(from) || std::ranges::any_of(to, control))
      refuse(fmt::format("{} has an address that is none", at), where_at(node, "id"), {}, "write user@host");
    if (type == "email" && (node.find("username") == nullptr) != (node.find("password") == nullptr))
      refuse(fmt::format("{} has one of username and password", at), where_at(node, "id"), {}, "give both or none");
  }

  void store() {
    const auto where = where_at(root, "store.url");
    const bool derived = text_at(root, "store.url").empty();  // if that is wrong, data_dir is, and that is said
    if (derived || config.store_url.starts_with("sqlite:///")) return;
    refuse("store.url is not supported", where, "this version keeps its journal in SQLite",
           "write sqlite:///absolute/path/journal.db");
  }
};

}  // namespace

void cross_check(const Node& root, const Config& config, std::vector<Error>& errors) {
  CrossChecker checker{root, config, errors};
  checker.unique("chain", "id");
  checker.unique("chain", "chain_id");
  checker.unique("signer", "id");
  checker.unique("peer", "address");
  checker.unique("notify", "id");
  checker.unique("api.token", "id");
  for (const auto& node : items_at(root, "signer")) checker.signer(node);
  for (const auto& node : items_at(root, "notify")) checker.sink(node);
  for (const auto& node : items_at(root, "api.token")) checker.token(node);
  const auto& chains = items_at(root, "chain");
  for (std::size_t i = 0; i < chains.size(); ++i) checker.chain(config.chains[i], chains[i]);
  checker.signer_exists(config.operator_signer, where_at(root, "operator.signer"));
  checker.tls();
  checker.listen(config.api_listen, "api.listen");
  checker.listen(config.api_metrics, "api.metrics");
  checker.admin();
  checker.store();
  if (config.api_listen == config.api_metrics)
    checker.refuse("api.listen and api.metrics are the same address", where_at(root, "api.metrics"));
  if (!config.data_dir.is_absolute())
    checker.refuse("service.data_dir is not an absolute path", where_at(root, "service.data_dir"),
                   "it would depend on where the daemon is started", "write the whole path, from /");
}

std::vector<Error> notices(const Node& root, const Config& config) {
  std::vector<Error> out;
  if (config.operator_signer.empty())
    out.push_back({"no operator.signer: this daemon only observes", root.where, {}, {}});
  return out;
}

}  // namespace lockstep::settings
