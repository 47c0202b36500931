#include "app/cli/plan_new.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/check.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/prove.hpp"
#include "app/cli/chain_access.hpp"
#include "app/cli/plan_file.hpp"
#include "crypto/keccak256.hpp"
#include "files/durable.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

/// --impl as given: by chain.
Result<std::map<std::string, Address>> implementations(const NewPlan& wanted, const settings::Protocol& protocol) {
  std::map<std::string, Address> all;
  for (const auto& text : wanted.implementations) {
    const auto equals = text.find('=');
    const auto chain = text.substr(0, equals);
    const auto address = equals == std::string::npos ? std::nullopt : fixed_from_hex<Address>(text.substr(equals + 1));
    const auto known = [&](const auto& instance) { return instance.chain == chain; };
    if (!address) return fail("--impl must be CHAIN=0x…", text);
    if (std::ranges::none_of(protocol.instances, known))
      return fail("--impl names a chain of no instance", text, {}, "lockstep protocol show " + protocol.name);
    if (!all.emplace(chain, *address).second) return fail("--impl names a chain twice", text);
  }
  return all;
}

Result<std::string> the_contract(const NewPlan& wanted, const settings::Protocol& protocol) {
  std::vector<std::string> proxies;
  for (const auto& [name, ref] : protocol.instances.front().contracts) {
    if (ref.proxy == "erc1967") proxies.push_back(name);
  }
  if (wanted.contract.empty() && proxies.size() == 1) return proxies.front();
  if (std::ranges::find(proxies, wanted.contract) != proxies.end()) return wanted.contract;
  std::string names;
  for (const auto& name : proxies) names += (names.empty() ? "" : ", ") + name;
  return fail(
      wanted.contract.empty() ? "which contract is upgraded?" : "\"" + wanted.contract + "\" is no ERC-1967 proxy",
      protocol.file.string(), names.empty() ? "no contract has proxy = \"erc1967\"" : "proxies are: " + names,
      "add --contract NAME");
}

Result<UnixSeconds> halt_time(const std::string& text) {
  if (const auto at = parse_rfc3339(text)) return *at;
  const auto from_now = parse_duration_s(text);
  if (!from_now) return fail("--halt-at is no time", text, {}, "write 2026-12-01T14:00:00Z, or how long from now: 24h");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto at = static_cast<UnixSeconds>(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + *from_now;
  return at - at % 60;
}

/// One chain's answers, all of one final block that K endpoints agree on.
class InstanceReader {
 public:
  InstanceReader(const settings::ChainConfig& chain, const settings::InstanceConfig& instance,
                 const std::string& contract, std::optional<Address> implementation)
      : chain_(chain), instance_(instance), contract_(contract), implementation_(implementation) {}

  Result<InstanceFacts> read() {
    auto pool = open_pool(chain_);
    if (!pool) return std::unexpected(pool.error());
    const auto block = newest_final(**pool, chain_);
    if (!block) return std::unexpected(block.error());
    InstanceFacts facts;
    facts.chain = chain_.id;
    facts.implementation = implementation_;
    if (auto read = gate(**pool, *block, facts); !read) return std::unexpected(read.error());
    if (auto read = codes(**pool, *block, facts); !read) return std::unexpected(read.error());
    return facts;
  }

 private:
  Result<void> gate(evm::EndpointPool& pool, const coordinator::BlockRef& block, InstanceFacts& facts) const {
    const auto contract = instance_.contracts.find(contract_);
    if (contract == instance_.contracts.end())
      return fail(fmt::format("there is no contract {} on {}", contract_, chain_.id), "protocol file");
    const auto proxy = contract->second.address;
    const auto version = evm::abi::encode_call(evm::abi::parse_function("version()(uint256)").value(), {});
    const auto answers = evm::agreed_all(
        pool,
        {evm::call_at(instance_.gate, evm::status_calldata(), block.hash),
         {"eth_getStorageAt", {to_hex(proxy), to_hex(evm::erc1967_implementation_slot), evm::block_id(block.hash)}},
         evm::call_at(proxy, version, block.hash)});
    if (!answers) return std::unexpected(answers.error());
    const auto status = evm::as_bytes((*answers)[0]), slot = evm::as_bytes((*answers)[1]);
    const auto view = status ? evm::decode_status(*status, block) : std::unexpected(status.error());
    if (!view) return unreadable("gate " + to_hex(instance_.gate), view.error());
    if (!slot) return unreadable(contract_, slot.error());
    facts.epoch = view->epoch;
    const auto word = evm::word_of(*slot, 0);
    facts.old_implementation = word ? evm::to_address(from_word(*word)) : Address{};
    if (facts.old_implementation.is_zero())
      return fail(fmt::format("{} on {} is no ERC-1967 proxy", contract_, chain_.id), to_hex(proxy),
                  "its implementation slot is zero", "correct the protocol file");
    if (const auto said = evm::as_bytes((*answers)[2])) {
      if (const auto number = evm::word_of(*said, 0)) facts.version = to_decimal(from_word(*number));
    }
    return {};
  }

  Result<void> codes(evm::EndpointPool& pool, const coordinator::BlockRef& block, InstanceFacts& facts) const {
    std::vector<evm::RpcCall> calls{evm::code_at(facts.old_implementation, block.hash)};
    if (implementation_) calls.push_back(evm::code_at(*implementation_, block.hash));
    const auto answers = evm::agreed_all(pool, calls);
    if (!answers) return std::unexpected(answers.error());
    for (std::size_t i = 0; i < answers->size(); ++i) {
      const auto code = evm::as_bytes((*answers)[i]);
      const auto account = i == 0 ? facts.old_implementation : *implementation_;
      if (!code) return unreadable(to_hex(account), code.error());
      if (code->empty())
        return fail(fmt::format("{} has no code on {}", to_hex(account), chain_.id),
                    fmt::format("block {}, which is final", block.num), {}, "deploy it, and wait until that is final");
      (i == 0 ? facts.old_codehash : facts.codehash) = crypto::keccak256(BytesView{*code});
    }
    return {};
  }

  Result<void> unreadable(const std::string& what, const Error& why) const {
    return fail(fmt::format("{} cannot be read on {}", what, chain_.id), chain_.id, why.text(),
                "lockstep doctor --deep --chain " + chain_.id);
  }

  const settings::ChainConfig& chain_;
  const settings::InstanceConfig& instance_;
  const std::string& contract_;
  const std::optional<Address> implementation_;
};

/// Of every instance, side by side; empty, and `failed` set, if one cannot be read or gates are in different epochs.
std::vector<InstanceFacts> ask_chains(Session& session, const settings::Loaded& loaded,
                                      const settings::Protocol& protocol, const std::string& contract,
                                      const std::map<std::string, Address>& given, Exit& failed) {
  std::vector<std::future<Result<InstanceFacts>>> asked;
  for (const auto& instance : protocol.instances) {
    const auto* chain = find_chain(session, loaded, instance.chain, failed);
    if (chain == nullptr) return {};
    const auto known = given.find(instance.chain);
    const auto implementation = known == given.end() ? std::nullopt : std::optional(known->second);
    asked.push_back(std::async(std::launch::async, [chain, &instance, &contract, implementation] {
      return InstanceReader(*chain, instance, contract, implementation).read();
    }));
  }
  std::vector<InstanceFacts> facts;
  std::vector<Error> errors;
  for (auto& one : asked) {
    auto read = one.get();
    if (read)
      facts.push_back(std::move(*read));
    else
      errors.push_back(read.error());
  }
  for (const auto& one : facts) {
    if (one.epoch != facts.front().epoch)
      errors.push_back({fmt::format("gates are in different epochs: {} on {}, {} on {}", facts.front().epoch,
                                    facts.front().chain, one.epoch, one.chain),
                        protocol.name, "one plan has one epoch on every gate", "let governance skip to the later one"});
  }
  if (errors.empty()) return facts;
  failed = session.fail(errors, Exit::unreachable);
  return {};
}

}  // namespace

Exit plan_new(Session& session, const NewPlan& asked) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto protocol = protocol_named(session, loaded->config, asked.protocol, failed);
  if (!protocol) return failed;
  auto wanted = asked;
  const auto contract = the_contract(asked, *protocol);
  if (!contract) return session.fail(contract.error(), Exit::usage);
  wanted.contract = *contract;
  const auto given = implementations(asked, *protocol);
  if (!given) return session.fail(given.error(), Exit::usage);
  const auto halt_at = halt_time(asked.halt_at);
  if (!halt_at) return session.fail(halt_at.error(), Exit::usage);
  if (!bytes_from_hex(asked.init))
    return session.fail({"--init is no call data", asked.init, {}, "write 0x…"}, Exit::usage);
  const auto facts = ask_chains(session, *loaded, *protocol, *contract, *given, failed);
  if (facts.empty()) return failed;
  const auto draft = draft_plan(wanted, *protocol, *halt_at, facts);
  const files::How anew{files::Access::group_reads, files::Existing::refuse};
  if (auto written = files::write_durably(asked.file, draft.toml, anew); !written)
    return session.fail(written.error(), Exit::cannot_create);
  for (const auto& line : draft.left) session.say("left to you: " + line);
  const auto compiled = compile_plan(session, draft.toml, asked.file, failed);
  if (!compiled) return failed;
  session.say("next: lockstep plan simulate " + asked.file);
  return session.result({{"schema", "lockstep.plan-new/1"},
                         {"file", asked.file},
                         {"plan_hash", to_hex(compiled->compiled.plan.hash)},
                         {"left", draft.left}},
                        asked.file);
}

}  // namespace lockstep::app
