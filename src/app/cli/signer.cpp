#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <map>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/forecast.hpp"
#include "adapters/signer/open_key.hpp"
#include "app/cli/chain_access.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/operating.hpp"
#include "crypto/keystore.hpp"
#include "settings/check.hpp"

// Who signs and pays, and the accounts as the chains show them.
namespace lockstep::app {
namespace {

using nlohmann::json;

json roles_of(const settings::Config& config, const std::string& id) {
  json chains = json::array();
  for (const auto& chain : config.chains) {
    if (chain.signer == id) chains.push_back(chain.id);
  }
  return chains;
}

std::string joined(const json& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  return text.empty() ? "no chain" : text;
}

Exit signer_list(Session& session) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  json signers = json::array();
  std::string text;
  for (const auto& signer : loaded->config.signers) {
    const bool attests = signer.id == loaded->config.operator_signer;
    const auto chains = roles_of(loaded->config, signer.id);
    signers.push_back({{"id", signer.id}, {"type", signer.type}, {"attests", attests}, {"pays_on", chains}});
    text +=
        fmt::format("{:<14} {}  pays on {}{}\n", signer.id, signer.type, joined(chains), attests ? ", attests" : "");
  }
  return session.result({{"schema", "lockstep.signers/1"}, {"signers", signers}}, text);
}

/// By its passphrase if that can be had here, else as the keystore says in clear.
Result<Address> address_of(const settings::SignerConfig& signer) {
  if (signer::is_remote(signer)) return signer.address;
  if (const auto passphrase = settings::resolve(signer.passphrase)) {
    const auto key = crypto::read_keystore(signer.path, passphrase->reveal());
    if (!key) return std::unexpected(key.error());
    return key->address();
  }
  std::ifstream file(signer.path);
  const auto keystore = json::parse(file, nullptr, false);
  auto text = text_of(keystore, "address");
  if (!text.empty() && !text.starts_with("0x")) text = "0x" + text;
  if (const auto address = fixed_from_hex<Address>(text)) return *address;
  return fail("the address of signer " + signer.id + " cannot be had here", signer.path.string(),
              "its passphrase belongs to the daemon, and the file does not tell it in clear",
              "lockstep key address " + signer.path.string());
}

struct Account {
  std::string chain, error;
  std::string balance_wei;
  std::uint64_t latest = 0, pending = 0;
  Uint256 balance = 0;
  Result<evm::Forecast> costs = evm::Forecast{};
  json plans = nullptr;  // what the daemon says that those it knows still take
};

Account account_on(const settings::ChainConfig& chain, const Address& address) {
  Account account{chain.id, {}, {}};
  auto pool = open_pool(chain);
  if (!pool) {
    account.error = pool.error().why;
    return account;
  }
  const auto who = to_hex(address);
  const auto answers = (*pool)->ask({{"eth_getBalance", {who, "latest"}},
                                     {"eth_getTransactionCount", {who, "latest"}},
                                     {"eth_getTransactionCount", {who, "pending"}},
                                     evm::block_by_tag("latest")});
  if (!answers) {
    account.error = to_text(answers.error());
    return account;
  }
  const auto balance = evm::as_quantity((*answers)[0]);
  const auto latest = evm::as_u64((*answers)[1]), pending = evm::as_u64((*answers)[2]);
  if (!balance || !latest || !pending) {
    account.error = "an answer is missing";
    return account;
  }
  account.balance = *balance;
  account.balance_wei = to_decimal(*balance);
  account.latest = *latest;
  account.pending = *pending;
  const auto head = evm::as_header((*answers)[3]);
  evm::L1Fees l1_fees(**pool, chain.l1_fee);
  account.costs = head ? evm::make_forecast(**pool, l1_fees, chain, head->base_fee, {})
                       : Result<evm::Forecast>(std::unexpected(head.error()));
  return account;
}

/// By chain, what the daemon's plans still take. Empty if it does not answer: what an upgrade takes is known without
/// it.
std::map<std::string, json> costs_of_plans(Session& session) {
  std::map<std::string, json> costs;
  Exit failed{};
  const auto daemon = client(session, false, failed);
  const auto reply = daemon ? daemon->get("/api/v1/status") : Result<HttpReply>(fail("no daemon"));
  const auto status = reply && reply->status == 200 ? json::parse(reply->body, nullptr, false) : json();
  if (!status.is_object() || !status.contains("chains") || !status["chains"].is_array()) return costs;
  for (const auto& chain : status["chains"]) {
    const auto known = chain.is_object() && chain.contains("forecast") && chain["forecast"].is_object() &&
                       !text_of(chain["forecast"], "now_wei").empty();
    if (known) costs.emplace(text_of(chain, "id"), chain["forecast"]);
  }
  return costs;
}

json costs_json(const Account& account) {
  if (!account.costs) return {{"error", account.costs.error().text()}};
  return {{"error", nullptr},
          {"upgrade_wei", to_decimal(account.costs->upgrade)},
          {"upgrade_cap_wei", to_decimal(account.costs->upgrade_cap)},
          {"upgrades_paid", account.costs->more(account.balance)},
          {"plans", account.plans}};
}

std::string costs_text(const Account& account) {
  if (!account.costs)
    return fmt::format("{:<14} what an upgrade takes CANNOT BE READ  {}\n", "", account.costs.error().text());
  auto text = fmt::format("{:<14} pays {} upgrades: one takes {} wei at today's fees, {} at max_fee_gwei\n", "",
                          account.costs->more(account.balance), to_decimal(account.costs->upgrade),
                          to_decimal(account.costs->upgrade_cap));
  if (account.plans.is_object())
    text += fmt::format("{:<14} {} transactions of known plans are still to come: {} wei, at most {}\n", "",
                        account.plans["transactions"].dump(), text_of(account.plans, "now_wei"),
                        text_of(account.plans, "cap_wei"));
  return text;
}

json account_json(const Account& account) {
  if (!account.error.empty()) return {{"chain", account.chain}, {"error", account.error}};
  return {{"chain", account.chain},
          {"error", nullptr},
          {"balance_wei", account.balance_wei},
          {"nonce_latest", account.latest},
          {"nonce_pending", account.pending},
          {"waiting", account.pending - std::min(account.pending, account.latest)},
          {"costs", costs_json(account)}};
}

/// `nonces`: what is mined and what waits, chain by chain; else the balances too.
Exit signer_show(Session& session, const std::string& id, bool nonces) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto& config = loaded->config;
  const auto signer = std::ranges::find_if(config.signers, [&](const auto& one) { return one.id == id; });
  if (signer == config.signers.end()) {
    std::vector<std::string> known;
    for (const auto& one : config.signers) known.push_back(one.id);
    return session.fail({"signer \"" + id + "\" is not configured", "[[signer]]", {}, settings::suggestion(id, known)},
                        Exit::file_missing);
  }
  const auto address = address_of(*signer);
  if (!address) return session.fail(address.error(), Exit::not_allowed);
  std::vector<std::future<Account>> asked;
  for (const auto& chain : config.chains) {
    if (chain.signer == id)
      asked.push_back(std::async(std::launch::async, [&chain, who = *address] { return account_on(chain, who); }));
  }
  auto plans = nonces ? std::map<std::string, json>() : costs_of_plans(session);
  json accounts = json::array();
  auto text =
      fmt::format("{}  {}{}\n", id, evm::abi::checksum(*address), id == config.operator_signer ? "  attests" : "");
  bool all = true;
  for (auto& one : asked) {
    auto account = one.get();
    if (const auto known = plans.find(account.chain); known != plans.end()) account.plans = std::move(known->second);
    accounts.push_back(account_json(account));
    all = all && account.error.empty();
    if (!account.error.empty()) {
      text += fmt::format("{:<14} CANNOT BE READ  {}\n", account.chain, account.error);
      continue;
    }
    const auto waiting = account.pending - std::min(account.pending, account.latest);
    text += fmt::format(
        "{:<14} next nonce {}{}", account.chain, account.latest,
        waiting == 0 ? "" : fmt::format(", {} wait: {} … {}", waiting, account.latest, account.pending - 1));
    text += nonces ? "\n" : fmt::format(", {} wei\n", account.balance_wei) + costs_text(account);
  }
  const auto written = session.result({{"schema", nonces ? "lockstep.nonces/1" : "lockstep.signer/1"},
                                       {"id", id},
                                       {"type", signer->type},
                                       {"address", evm::abi::checksum(*address)},
                                       {"attests", id == config.operator_signer},
                                       {"accounts", accounts}},
                                      text);
  return written != Exit::ok || all ? written : Exit::unreachable;
}

}  // namespace

void add_signer(CLI::App& app, Session& session, Verb& verb) {
  auto* signer =
      app.add_subcommand("signer", "who signs and pays, on every chain")->require_subcommand(1)->fallthrough();
  auto* list = signer->add_subcommand("list", "configured signers")->fallthrough();
  list->callback([&session, &verb] { verb = [&session] { return signer_list(session); }; });
  const auto id = std::make_shared<std::string>();
  for (const bool nonces : {false, true}) {
    auto* sub =
        signer
            ->add_subcommand(
                nonces ? "nonces" : "show",
                nonces ? "what is mined and what waits, chain by chain"
                       : "address, balances, what upgrades take of them, and nonces; exit 69 if a chain cannot be read")
            ->fallthrough();
    sub->add_option("ID", *id)->required();
    sub->callback(
        [&session, &verb, id, nonces] { verb = [&session, id, nonces] { return signer_show(session, *id, nonces); }; });
  }
}

}  // namespace lockstep::app
