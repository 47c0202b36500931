#include "app/cli/plan_file.hpp"

#include <filesystem>
#include <istream>
#include <iterator>

#include "settings/node.hpp"

namespace lockstep::app {
namespace {

std::optional<std::string> read(Session& session, const std::string& file, Exit& failed) {
  if (file == "-") return std::string{std::istreambuf_iterator<char>(session.in()), {}};
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    failed = session.fail({"plan file " + file + " does not exist", {}, {}, {}}, Exit::file_missing);
    return std::nullopt;
  }
  auto text = settings::read_text(file);
  if (!text) {
    failed = session.fail(text.error(), Exit::io);
    return std::nullopt;
  }
  return std::move(*text);
}

}  // namespace

std::optional<settings::Protocol> protocol_named(Session& session, const settings::Config& config,
                                                 const std::string& name, Exit& failed) {
  std::optional<settings::Protocol> found;
  for (const auto& file : config.protocol_files) {
    auto protocol = settings::load_protocol(file);
    if (!protocol) {
      failed = session.fail(protocol.error(), Exit::bad_document);
      return std::nullopt;
    }
    if (protocol->name == name) found = std::move(*protocol);
  }
  if (!found) {
    failed = session.fail({"protocol \"" + name + "\" is not known here", "protocols/ beside the config file",
                           "no file in it has this name", "put the protocol's file there"},
                          Exit::bad_document);
  }
  return found;
}

std::optional<PlanFile> compile_plan(Session& session, std::string text, const std::string& name, Exit& failed) {
  auto loaded = session.config(failed);
  if (!loaded) return std::nullopt;
  const auto wanted = settings::plan_protocol(text, name);
  if (!wanted) {
    failed = session.fail(wanted.error(), Exit::bad_document);
    return std::nullopt;
  }
  auto protocol = protocol_named(session, loaded->config, *wanted, failed);
  if (!protocol) return std::nullopt;
  auto document = settings::parse_plan(text, name, *protocol);
  if (!document) {
    failed = session.fail(document.error(), Exit::bad_document);
    return std::nullopt;
  }
  std::map<std::string, std::uint64_t> chain_ids;
  for (const auto& chain : loaded->config.chains) chain_ids[chain.id] = chain.chain_id;
  auto compiled = evm::compile(*document, *protocol, chain_ids);
  if (!compiled) {
    failed = session.fail(compiled.error(), Exit::bad_document);
    return std::nullopt;
  }
  return PlanFile{std::move(text), std::move(loaded->config), std::move(*protocol), std::move(*document),
                  std::move(*compiled)};
}

std::optional<PlanFile> read_plan_file(Session& session, const std::string& file, Exit& failed) {
  auto text = read(session, file, failed);
  if (!text) return std::nullopt;
  return compile_plan(session, std::move(*text), file == "-" ? "stdin" : file, failed);
}

}  // namespace lockstep::app
