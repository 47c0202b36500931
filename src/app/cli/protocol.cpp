#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "app/cli/chain_access.hpp"
#include "app/cli/instance_check.hpp"
#include "app/cli/operating.hpp"
#include "settings/check.hpp"
#include "settings/protocol_json.hpp"

// Protocol files, and what the chains say of what they name.
namespace lockstep::app {
namespace {

using nlohmann::json;

struct Read {
  settings::Loaded loaded;
  std::vector<settings::Protocol> protocols;
};

std::optional<Read> read_all(Session& session, Exit& failed) {
  auto loaded = session.config(failed);
  if (!loaded) return std::nullopt;
  Read read{std::move(*loaded), {}};
  for (const auto& file : read.loaded.config.protocol_files) {
    auto protocol = settings::load_protocol(file);
    if (!protocol) {
      failed = session.fail(protocol.error(), Exit::bad_document);
      return std::nullopt;
    }
    read.protocols.push_back(std::move(*protocol));
  }
  return read;
}

const settings::Protocol* find(Session& session, const Read& read, const std::string& name, Exit& failed) {
  std::vector<std::string> known;
  for (const auto& protocol : read.protocols) {
    if (protocol.name == name) return &protocol;
    known.push_back(protocol.name);
  }
  failed = session.fail({"protocol \"" + name + "\" has no file", "protocols/", {}, settings::suggestion(name, known)},
                        Exit::file_missing);
  return nullptr;
}

json protocol_json(const settings::Protocol& protocol) {
  auto out = settings::to_json(protocol);
  out["file"] = protocol.file.string();
  return out;
}

Exit protocol_list(Session& session) {
  Exit failed{};
  const auto read = read_all(session, failed);
  if (!read) return failed;
  json protocols = json::array();
  std::string text;
  for (const auto& protocol : read->protocols) {
    protocols.push_back(protocol_json(protocol));
    text += fmt::format("{:<20} {} instances, home {}, {} of {} operators\n", protocol.name, protocol.instances.size(),
                        protocol.home, protocol.operators.threshold, protocol.operators.addresses.size());
  }
  return session.result({{"schema", "lockstep.protocols/1"}, {"protocols", protocols}}, text);
}

Exit protocol_show(Session& session, const std::string& name) {
  Exit failed{};
  const auto read = read_all(session, failed);
  if (!read) return failed;
  const auto* protocol = find(session, *read, name, failed);
  if (protocol == nullptr) return failed;
  auto document = protocol_json(*protocol);
  document["schema"] = "lockstep.protocol/1";
  auto text =
      fmt::format("{}  home {}, {} of {} operators, {} may fail\n", protocol->name, protocol->home,
                  protocol->operators.threshold, protocol->operators.addresses.size(), protocol->operators.faulty);
  for (const auto& address : protocol->operators.addresses) text += "  operator " + to_hex(address) + "\n";
  for (const auto& instance : protocol->instances) {
    text +=
        fmt::format("  {:<14} {} {} timelock {} ({})\n", instance.chain, instance.direct ? "direct mode by" : "gate",
                    to_hex(instance.gate), to_hex(instance.timelock.address), instance.timelock.kind);
    for (const auto& [contract, ref] : instance.contracts)
      text += fmt::format("  {:<14} {} {} ({})\n", "", contract, to_hex(ref.address), ref.proxy);
  }
  return session.result(document, text);
}

Findings verify_on(const settings::Config& config, const settings::Protocol& protocol,
                   const settings::InstanceConfig& instance) {
  const auto area = protocol.name + " on " + instance.chain;
  const auto& chains = config.chains;
  const auto by_id = [&](const std::string& id) {
    return std::ranges::find_if(chains, [&](const auto& one) { return one.id == id; });
  };
  const auto chain = by_id(instance.chain), home = by_id(protocol.home);
  if (chain == chains.end())
    return {{area, "chain", Verdict::fail, "has no [[chain]]", protocol.file.string(), {}, "add it to the config"}};
  auto pool = open_pool(*chain);
  if (!pool) return {finding(area, "chain", Verdict::fail, pool.error())};
  const auto block = newest_final(**pool, *chain);
  if (!block) return {finding(area, "chain", Verdict::fail, block.error())};
  const InstanceContext context{protocol, instance, home == chains.end() ? 0 : home->chain_id, true};
  auto found = check_instance(**pool, context, block->hash);
  if (!found) return {finding(area, "chain", Verdict::fail, found.error())};
  found->insert(found->begin(), {area, "block", Verdict::ok,
                                 fmt::format("{} {} of {}", block->num, to_hex(block->hash), to_rfc3339(block->time))});
  return std::move(*found);
}

/// Everything is read at a final block that K endpoints agree on; exit 12 if the chains are not as the file says.
Exit protocol_verify(Session& session, const std::string& name) {
  Exit failing{};
  const auto read = read_all(session, failing);
  if (!read) return failing;
  const auto* protocol = find(session, *read, name, failing);
  if (protocol == nullptr) return failing;
  std::vector<std::future<Findings>> asked;
  for (const auto& instance : protocol->instances)
    asked.push_back(
        std::async(std::launch::async, [&] { return verify_on(read->loaded.config, *protocol, instance); }));
  Findings all;
  for (auto& one : asked) append(all, one.get());
  json rows = json::array();
  for (const auto& one : all) rows.push_back(to_json(one));
  const bool good = !failed(all);
  const bool unread =
      std::ranges::any_of(all, [](const auto& one) { return one.verdict == Verdict::fail && one.check == "chain"; });
  const auto written = session.result(
      {{"schema", "lockstep.protocol-verify/1"}, {"protocol", name}, {"ok", good}, {"checks", rows}}, table(all));
  if (written != Exit::ok || good) return written;
  return unread ? Exit::unreachable : Exit::drift;
}

}  // namespace

void add_protocol(CLI::App& app, Session& session, Verb& verb) {
  auto* protocol = app.add_subcommand("protocol", "the protocol teams' files, and the chains they speak of")
                       ->require_subcommand(1)
                       ->fallthrough();
  auto* list = protocol->add_subcommand("list", "every protocol file")->fallthrough();
  list->callback([&session, &verb] { verb = [&session] { return protocol_list(session); }; });
  const auto name = std::make_shared<std::string>();
  auto* show = protocol->add_subcommand("show", "one of them")->fallthrough();
  show->add_option("NAME", *name)->required();
  show->callback([&session, &verb, name] { verb = [&session, name] { return protocol_show(session, *name); }; });
  auto* verify = protocol
                     ->add_subcommand("verify",
                                      "gates, timelocks, code and who may upgrade, read from the chains; exit 12 if "
                                      "they are not as the file says")
                     ->fallthrough();
  verify->add_option("NAME", *name)->required();
  verify->callback([&session, &verb, name] { verb = [&session, name] { return protocol_verify(session, *name); }; });
}

}  // namespace lockstep::app
