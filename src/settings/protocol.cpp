#include "settings/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mirror/condition.hpp"
#include "mirror/expression.hpp"
#include "settings/check.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

GovernanceRef read_governance(const Node& node, const std::string& key) {
  return {address_at(node, key + ".address"), text_at(node, key + ".kind")};
}

DirectConfig read_direct(const Node& node) {
  DirectConfig direct{.account = address_at(node, "account"),
                      .contracts = {},
                      .pause = text_at(node, "pause"),
                      .unpause = text_at(node, "unpause"),
                      .paused = text_at(node, "paused")};
  for (const auto& item : items_at(node, "contracts")) direct.contracts.push_back(item.text);
  return direct;
}

InstanceConfig read_instance(const Node& node) {
  InstanceConfig instance;
  instance.chain = text_at(node, "chain");
  instance.gate = address_at(node, "gate");
  if (const auto* direct = node.find("direct")) instance.direct = read_direct(*direct);
  if (instance.direct) instance.gate = instance.direct->account;
  instance.timelock = read_governance(node, "timelock");
  if (node.find("governor") != nullptr) instance.governor = read_governance(node, "governor");
  if (node.find("upgrader") != nullptr) instance.upgrader = read_governance(node, "upgrader");
  instance.deployed_at = number_at(node, "deployed_at");
  if (const auto* contracts = node.find("contracts")) {
    for (const auto& [name, where, value] : contracts->members) {
      instance.contracts[name] = {address_at(value, "address"), text_at(value, "abi"), text_at(value, "proxy")};
    }
  }
  if (const auto* markets = node.find("markets")) {
    for (const auto& [name, where, value] : markets->members)
      instance.markets[name] = {static_cast<std::uint32_t>(number_at(value, "id")), address_at(value, "address")};
  }
  return instance;
}

Protocol read_protocol(const Node& root) {
  Protocol protocol;
  protocol.version = static_cast<std::uint32_t>(number_at(root, "version"));
  protocol.name = text_at(root, "name");
  protocol.home = text_at(root, "home");
  for (const auto& item : items_at(root, "operators.addresses")) {
    protocol.operators.addresses.push_back(fixed_from_hex<Address>(item.text).value_or(Address{}));
  }
  protocol.operators.threshold = static_cast<std::uint32_t>(number_at(root, "operators.threshold"));
  protocol.operators.faulty = static_cast<std::uint32_t>(number_at(root, "operators.faulty"));
  for (const auto& node : items_at(root, "instance")) protocol.instances.push_back(read_instance(node));
  for (const auto& node : items_at(root, "mirror.event")) {
    protocol.events.push_back({text_at(node, "contract"), text_at(node, "signature"), text_at(node, "op"),
                               texts_at(node, "bind"), node.where, text_at(node, "when")});
  }
  for (const auto& node : items_at(root, "mirror.view")) {
    protocol.views.push_back({text_at(node, "contract"), text_at(node, "table"), text_at(node, "signature"),
                              texts_at(node, "bind"), node.where, text_at(node, "at"), texts_at(node, "args"),
                              flag_at(node, "observe")});
  }
  return protocol;
}

void check_operators(const Node& root, const Protocol& protocol, std::vector<Error>& errors) {
  const auto& set = protocol.operators;
  const std::set<Address> distinct(set.addresses.begin(), set.addresses.end());
  if (distinct.size() != set.addresses.size())
    errors.push_back({"an operator is listed twice", where_at(root, "operators.addresses"), {}, {}});
  const std::uint64_t m = set.addresses.size(), n = set.threshold, f = set.faulty;
  if (m == 0 || n == 0) return;
  if (n > m || 2 * n <= m + f) {
    errors.push_back({fmt::format("threshold {} of {} operators with {} faulty is unsafe", n, m, f),
                      where_at(root, "operators.threshold"), "1 <= N <= M and 2N > M + f must hold",
                      fmt::format("set threshold to {} or more", (m + f) / 2 + 1)});
  }
}

void check_instances(const Node& root, const Protocol& protocol, std::vector<Error>& errors) {
  std::set<std::string> chains;
  const auto& nodes = items_at(root, "instance");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& instance = protocol.instances[i];
    if (!instance.chain.empty() && !chains.insert(instance.chain).second) {
      errors.push_back({"two instances on chain \"" + instance.chain + "\"",
                        where_at(nodes[i], "chain"),
                        "one plan moves one instance per chain",
                        {}});
    }
    for (const auto& [name, ref] : instance.contracts) {
      if (name == "gate" || name == "timelock" || name == "governor" || name == "upgrader") {
        errors.push_back({"contract name \"" + name + "\" is taken",
                          where_at(nodes[i], "contracts." + name),
                          "plans use it for the instance's own " + name,
                          {}});
      }
    }
  }
  if (!protocol.home.empty() && !chains.contains(protocol.home)) {
    errors.push_back({"home \"" + protocol.home + "\" is not the chain of an [[instance]]",
                      where_at(root, "home"),
                      {},
                      suggestion(protocol.home, {chains.begin(), chains.end()})});
  }
}

/// Whoever executes in it must be the gate, so what arms the gate cannot be executed there.
void check_upgrader(const Node& node, const InstanceConfig& instance, std::vector<Error>& errors) {
  if (instance.direct)
    errors.push_back({"upgrader and direct are both given", where_at(node, "upgrader"),
                      "in direct mode the timelock is what holds the right to upgrade", "leave upgrader out"});
  else if (instance.upgrader->address == instance.timelock.address)
    errors.push_back({"upgrader is the timelock that arms the gate", where_at(node, "upgrader.address"),
                      "only the gate may execute in the one, and it executes nothing before the other has armed it",
                      "have another timelock arm the gate"});
}

void check_direct(const Node& node, const InstanceConfig& instance, std::vector<Error>& errors) {
  const auto& direct = *instance.direct;
  if (node.find("gate") != nullptr)
    errors.push_back(
        {"gate and direct are both given", where_at(node, "direct"), "an instance has one or the other", {}});
  std::set<std::string> named;
  for (const auto& name : direct.contracts) {
    if (!instance.contracts.contains(name))
      errors.push_back({"contract \"" + name + "\" is not known", where_at(node, "direct.contracts"),
                        "direct pauses contracts of this instance", "add it to [instance.contracts]"});
    if (!named.insert(name).second)
      errors.push_back({"contract \"" + name + "\" is listed twice", where_at(node, "direct.contracts"), {}, {}});
  }
  if (instance.timelock.kind != "oz")
    errors.push_back({"direct mode does not know a timelock of kind " + instance.timelock.kind,
                      where_at(node, "timelock.kind"),
                      "only OpenZeppelin's TimelockController is followed without a gate", "use a gate"});
}

/// Without a gate nothing on chain asks for a certificate, so that several operators would each act alone.
void check_gates(const Node& root, const Protocol& protocol, std::vector<Error>& errors) {
  const auto& nodes = items_at(root, "instance");
  std::size_t direct = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& instance = protocol.instances[i];
    if (instance.upgrader) check_upgrader(nodes[i], instance, errors);
    if (instance.direct) {
      ++direct;
      check_direct(nodes[i], instance, errors);
    } else if (nodes[i].find("gate") == nullptr) {
      errors.push_back({"instance on chain \"" + instance.chain + "\" has no gate",
                        nodes[i].where,
                        {},
                        "set gate, or direct for a protocol without gates (docs/direct.md)"});
    }
  }
  if (direct == 0) return;
  if (direct != nodes.size())
    errors.push_back({"some instances have a gate and some are direct",
                      where_at(root, "instance"),
                      "their promises differ: every instance of a protocol has a gate, or none",
                      {}});
  if (protocol.operators.addresses.size() != 1)
    errors.push_back({fmt::format("{} operators in direct mode", protocol.operators.addresses.size()),
                      where_at(root, "operators.addresses"),
                      "without a gate no contract counts signatures: only one operator can decide",
                      "list one address"});
}

/// "file:line:col" of a text, moved to a column inside it.
std::string inside(const std::string& where, std::size_t column) {
  const auto colon = where.rfind(':');
  const auto first = colon == std::string::npos ? std::nullopt : parse_uint256(where.substr(colon + 1));
  if (!first) return where;
  return fmt::format("{}:{}", where.substr(0, colon), static_cast<std::size_t>(*first) + column);
}

/// What the chain calls a market is one market, and every chain has the same ones.
void check_markets(const Node& root, const Protocol& protocol, std::vector<Error>& errors) {
  const auto& nodes = items_at(root, "instance");
  std::map<std::string, std::uint32_t> first;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::set<std::uint32_t> ids;
    std::set<Address> addresses;
    for (const auto& [name, market] : protocol.instances[i].markets) {
      const auto where = where_at(nodes[i], "markets." + name);
      if (!ids.insert(market.id).second || !addresses.insert(market.address).second)
        errors.push_back({"market \"" + name + "\" has the id or the address of another one", where, {}, {}});
      const auto known = first.try_emplace(name, market.id).first;
      if (known->second != market.id)
        errors.push_back(
            {fmt::format("market \"{}\" is {} here and {} on another chain", name, market.id, known->second),
             where,
             "mirrors of all instances are compared",
             {}});
    }
  }
}

/// Of an event binding, each error where it is; whether its names exist is the adapter's to say.
void check_when(const Node& node, std::vector<Error>& errors) {
  const Node* when = node.find("when");
  if (when == nullptr || when->kind != Node::Kind::string) return;
  const auto refuse = [&](std::size_t column, const std::string& why) {
    errors.push_back({fmt::format("when = \"{}\" is no condition", when->text), inside(when->where, column), why,
                      "compare names, numbers or arithmetic: docs/mirror.md, Bindings"});
  };
  const auto condition = mirror::parse_condition(when->text);
  if (!condition) return refuse(condition.error().column, condition.error().why);
  for (const auto& comparison : *condition) {
    for (const auto* side : {&comparison.left, &comparison.right}) {
      const auto parsed = mirror::Expression::parse(side->text);
      if (!parsed) refuse(side->column + parsed.error().column - 1, parsed.error().why);
    }
  }
}

/// Arithmetic of bindings, each error where it is; whether its names exist is the adapter's to say.
void check_bindings(const Node& root, const std::string& path, std::vector<Error>& errors) {
  for (const auto& node : items_at(root, path)) {
    check_when(node, errors);
    const Node* bind = node.find("bind");
    if (bind == nullptr || bind->kind != Node::Kind::table) continue;
    for (const auto& member : bind->members) {
      if (member.value.kind != Node::Kind::string) continue;
      const auto parsed = mirror::Expression::parse(member.value.text);
      if (parsed) continue;
      errors.push_back({fmt::format("{} = \"{}\" is no expression", member.key, member.value.text),
                        inside(member.value.where, parsed.error().column), parsed.error().why,
                        "write a name, a number, or arithmetic: docs/mirror.md, Bindings"});
    }
  }
}

}  // namespace

bool is_direct(const Protocol& protocol) {
  return std::ranges::any_of(protocol.instances, [](const auto& instance) { return instance.direct.has_value(); });
}

std::expected<Protocol, std::vector<Error>> load_protocol(const std::filesystem::path& file) {
  const auto text = read_text(file.string());
  if (!text) return std::unexpected(std::vector{text.error()});
  auto root = parse_toml(*text, file.string());
  if (!root) return std::unexpected(std::vector{root.error()});
  std::vector<Error> errors;
  check(*root, protocol_rules(), file.string(), errors);
  auto protocol = read_protocol(*root);
  protocol.file = file;
  check_operators(*root, protocol, errors);
  check_instances(*root, protocol, errors);
  check_gates(*root, protocol, errors);
  check_markets(*root, protocol, errors);
  check_bindings(*root, "mirror.event", errors);
  check_bindings(*root, "mirror.view", errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return protocol;
}

}  // namespace lockstep::settings
