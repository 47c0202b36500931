#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/forecast.hpp"
#include "app/cli/doctor.hpp"
#include "app/cli/endpoint_facts.hpp"
#include "app/cli/instance_check.hpp"
#include "base/uint256.hpp"

namespace lockstep::app {
namespace {

using evm::RpcCall;

// The dearest thing one upgrade sends to a chain, with room: engage, switch, decide, close.
constexpr std::uint64_t gas_of_an_upgrade = 4'000'000, upgrades_ahead = 20;
constexpr std::uint64_t clock_tolerance_s = 5;

struct Asked {
  std::string name;
  settings::Secret url;
  EndpointFacts facts;
};

class ChainExam {
 public:
  ChainExam(const DoctorContext& context, const settings::ChainConfig& chain) : context_(context), chain_(chain) {}

  Findings run(const std::shared_future<std::optional<Address>>& signer) {
    ask();
    for (const auto& one : asked_) look_at(one.facts);
    agree();
    if (usable_ < chain_.rpc_quorum) return std::move(findings_);
    connect();
    if (!pool_) return std::move(findings_);
    if (!chain_.signer.empty()) account(signer.get());
    for (const auto& protocol : context_.protocols) instances(protocol);
    if (context_.deep) logs();
    return std::move(findings_);
  }

 private:
  std::string area() const { return "chain " + chain_.id; }
  void add(const std::string& check, Verdict verdict, std::string detail, std::string why = {}, std::string next = {}) {
    const auto where = verdict == Verdict::ok ? std::string{} : "[[chain]] " + chain_.id;
    findings_.push_back({area(), check, verdict, std::move(detail), where, std::move(why), std::move(next)});
  }
  const char* finality_tag() const {
    switch (chain_.finality) {
      case settings::FinalityTag::safe:
        return "safe";
      case settings::FinalityTag::finalized:
        return "finalized";
      default:
        return "latest";
    }
  }

  void ask() {
    std::vector<std::pair<std::size_t, std::future<EndpointFacts>>> running;
    for (const auto& rpc : chain_.rpc) {
      auto url = settings::resolve(rpc.url);
      asked_.push_back({rpc.name, url ? *url : settings::Secret{}, {}});
      if (!url) {
        asked_.back().facts.name = rpc.name;
        asked_.back().facts.error = url.error().text();
        continue;
      }
      const auto timeout = std::min(context_.timeout_ms, std::max(chain_.timeout_ms, 1000U));
      running.emplace_back(asked_.size() - 1, std::async(std::launch::async, ask_endpoint, rpc.name, url->reveal(),
                                                         timeout, FinalAs{chain_.finality, chain_.confirmations}));
    }
    for (auto& [at, answer] : running) asked_[at].facts = answer.get();
  }

  void look_at(const EndpointFacts& facts) {
    const auto name = "endpoint " + facts.name;
    if (!facts.usable()) {
      return add(name, Verdict::fail, "cannot be used", facts.error,
                 facts.reachable ? "ask its provider, or name another [[chain.rpc]]"
                                 : "check that it runs and that its url is right");
    }
    if (facts.chain_id != chain_.chain_id) {
      return add(name, Verdict::fail, "is of another chain",
                 fmt::format("chain id {}, configured {}", facts.chain_id, chain_.chain_id),
                 "correct its url, or chain_id");
    }
    ++usable_;
    add(name, Verdict::ok,
        fmt::format("{:.0f} ms, {}, head {}", facts.latency_s * 1000,
                    facts.client.empty() ? "does not say what it is" : facts.client, facts.latest.block->num));
    if (facts.syncing) add(name, Verdict::fail, "is still syncing", "eth_syncing", "wait until it has caught up");
    head_age(facts, name);
    finality(facts, name);
    if (!facts.proofs.empty())
      add(name, Verdict::fail, "offers no usable eth_getProof", facts.proofs,
          "take a node that does, also for its final blocks: readiness and evidence are proved by it");
    if (!facts.override_.empty())
      add(name, Verdict::fail, "takes no state override in eth_call", facts.override_,
          "take a node that does: plans are rehearsed by it");
  }

  void head_age(const EndpointFacts& facts, const std::string& name) {
    const auto head = facts.latest.block->time;
    if (head > facts.asked_at + clock_tolerance_s) {
      add(name, Verdict::fail, fmt::format("its head is {} s in our future", head - facts.asked_at),
          "this machine's clock is behind, or the chain's is ahead",
          "synchronise the clock (chrony, systemd-timesyncd)");
      return;
    }
    const auto age = facts.asked_at - std::min(facts.asked_at, head), normal = normal_age_s(facts.block_s);
    if (age > normal)
      add(name, Verdict::fail, fmt::format("its head is {} s old", age),
          fmt::format("a block should come every {:.1f} s; more than {} s is not normal", facts.block_s, normal),
          "see whether the node or the chain stands still, and whether this machine's clock is right");
  }

  void finality(const EndpointFacts& facts, const std::string& name) {
    if (chain_.finality == settings::FinalityTag::latest) {
      add(name, Verdict::warn, "finality is \"latest\"", "a reorg would take back what was acted on",
          "use \"finalized\" on any chain that serves it");
      return;
    }
    if (chain_.finality == settings::FinalityTag::confirmations) return;
    const auto& tag = chain_.finality == settings::FinalityTag::safe ? facts.safe : facts.finalized;
    const std::string word = finality_tag();
    if (!tag.block) {
      add(name, Verdict::fail, "does not serve the tag \"" + word + "\"", tag.why,
          "set finality = { confirmations = N }, or take another node");
    } else if (!serves(facts, tag)) {
      add(name, Verdict::fail,
          fmt::format("its \"{}\" block is {} blocks behind", word, behind(facts, tag).value_or(0)),
          "finality stands still, or the node does not really know it", "see whether the chain finalises");
    } else {
      add(name + " finality", Verdict::ok,
          fmt::format("\"{}\" is {} blocks and {} s behind the head", word, behind(facts, tag).value_or(0),
                      facts.latest.block->time - tag.block->time));
    }
  }

  /// Enough of them, on one chain, at about one head.
  void agree() {
    const auto wanted = chain_.rpc_quorum;
    std::uint64_t low = ~std::uint64_t{0}, high = 0;
    std::optional<Hash32> anchor;
    bool split = false;
    for (const auto& one : asked_) {
      if (!one.facts.usable() || one.facts.chain_id != chain_.chain_id) continue;
      low = std::min(low, one.facts.latest.block->num);
      high = std::max(high, one.facts.latest.block->num);
      split = split || (anchor && *anchor != one.facts.anchor);
      anchor = one.facts.anchor;
    }
    const auto detail = fmt::format("{} of {} endpoints can be used, {} must agree", usable_, asked_.size(), wanted);
    if (usable_ < wanted) {
      add("quorum", Verdict::fail, detail, "this chain cannot be read", "bring endpoints back, or add another");
    } else if (split) {
      add("quorum", Verdict::fail, detail, "their block 0 differs: they are of different chains", "correct the urls");
    } else if (asked_.size() > 1 && usable_ < asked_.size()) {
      add("quorum", Verdict::warn, detail, "one more loss may stop this chain", "bring the others back");
    } else if (high - low > 5) {
      add("quorum", Verdict::warn, fmt::format("{}; heads are {} blocks apart", detail, high - low), "some are behind",
          "see whether they catch up");
    } else {
      add("quorum", asked_.size() == 1 ? Verdict::warn : Verdict::ok, detail,
          asked_.size() == 1 ? "one endpoint can deceive this operator: the assurance is \"single\"" : "",
          asked_.size() == 1 ? "add two more [[chain.rpc]] of other providers and set rpc_quorum = 2" : "");
    }
  }

  void connect() {
    std::vector<transport::EndpointUrl> urls;
    for (const auto& one : asked_) {
      if (one.facts.usable()) urls.push_back({one.name, one.url.reveal()});
    }
    pool_.emplace(urls, transport::PoolOptions{chain_.chain_id, chain_.rpc_quorum, context_.timeout_ms});
    const auto unreadable = [&](std::string why) {
      add("state", Verdict::fail, "cannot be read", std::move(why), "ask again; then see the endpoints");
      pool_.reset();
    };
    if (!pool_->connect()) return unreadable("the endpoints stopped answering");
    // Heads differ between endpoints for a moment: a block that the slowest has is known to all.
    auto oldest = ~std::uint64_t{0};
    for (const auto& one : asked_) {
      if (!one.facts.usable()) continue;
      const auto& tag = chain_.finality == settings::FinalityTag::finalized ? one.facts.finalized : one.facts.latest;
      oldest = std::min(oldest, (tag.block ? tag : one.facts.latest).block->num);
    }
    const auto header = evm::agreed_header(*pool_, oldest, false);
    if (!header) return unreadable(header.error().text());
    block_ = *header;
  }

  void account(const std::optional<Address>& signer) {
    if (!signer) {
      return add("signer " + chain_.signer, Verdict::skipped, "its account was not looked at",
                 "the keystore was not opened here");
    }
    const auto who = to_hex(*signer);
    const auto answers = pool_->ask({{"eth_getBalance", {who, "latest"}},
                                     {"eth_getTransactionCount", {who, "latest"}},
                                     {"eth_getTransactionCount", {who, "pending"}},
                                     {"eth_gasPrice"}});
    const auto bad = [&](const std::string& why) {
      add("signer " + chain_.signer, Verdict::fail, "its account cannot be read", why, "ask again");
    };
    if (!answers) return bad(to_text(answers.error()));
    const auto balance = evm::as_quantity((*answers)[0]), price = evm::as_quantity((*answers)[3]);
    const auto mined = evm::as_u64((*answers)[1]), pending = evm::as_u64((*answers)[2]);
    if (!balance || !mined || !pending || !price) return bad("an answer is missing");
    evm::L1Fees l1_fees(*pool_, chain_.l1_fee);
    const auto l1 = l1_fees.of(evm::usual_upgrade(chain_.chain_id));
    if (!l1)
      add("signer " + chain_.signer, Verdict::warn, "what the rollup takes beyond gas cannot be read",
          l1.error().text(), "ask again; set l1_fee of the chain if there is no such fee");
    const Uint256 upgrade = *price * gas_of_an_upgrade + l1.value_or(0);
    const Uint256 lasts = upgrade == 0 ? Uint256{upgrades_ahead} : *balance / upgrade;
    const auto detail = fmt::format("{} has {} wei, enough for {} upgrades at today's price", who, to_decimal(*balance),
                                    lasts > 1'000'000 ? "a million" : to_decimal(lasts));
    const auto check = "signer " + chain_.signer;
    const auto fund = "send it native coins on " + chain_.id;
    if (*balance == 0 || lasts == 0) {
      add(check, Verdict::fail, detail, "it cannot pay for an upgrade", fund);
    } else {
      add(check, lasts < upgrades_ahead ? Verdict::warn : Verdict::ok, detail,
          lasts < upgrades_ahead ? fmt::format("fewer than {} upgrades", upgrades_ahead) : "",
          lasts < upgrades_ahead ? fund : "");
    }
    if (*pending > *mined)
      add(check, Verdict::warn, fmt::format("{} of its transactions wait, from nonce {} on", *pending - *mined, *mined),
          "what we send waits behind them", "lockstep signer nonces " + chain_.signer);
  }

  void instances(const settings::Protocol& protocol) {
    const auto& chains = context_.config.chains;
    const auto home = std::ranges::find_if(chains, [&](const auto& one) { return one.id == protocol.home; });
    for (const auto& instance : protocol.instances) {
      if (instance.chain != chain_.id) continue;
      const InstanceContext what{protocol, instance, home == chains.end() ? 0 : home->chain_id, context_.deep};
      auto found = check_instance(*pool_, what, block_.hash);
      if (found) {
        append(findings_, std::move(*found));
      } else {
        findings_.push_back(finding(protocol.name + " on " + chain_.id, "instance", Verdict::fail, found.error()));
      }
    }
  }

  /// One page of logs as the daemon will ask for them, and the first block it will ask about.
  void logs() {
    const auto head = block_.num, first = head - std::min<std::uint64_t>(head, chain_.logs_range - 1);
    const nlohmann::json filter{{"fromBlock", to_quantity(first)},
                                {"toBlock", to_quantity(head)},
                                {"address", "0x00000000000000000000000000000000005a11ed"}};
    for (const auto& one : asked_) {
      if (!one.facts.usable()) continue;
      evm::EndpointPool alone({{one.name, one.url.reveal()}}, {chain_.chain_id, 1, context_.timeout_ms});
      const auto name = "endpoint " + one.name;
      const auto answers = alone.connect()
                               ? alone.ask({{"eth_getLogs", {filter}}, evm::block_by_number(chain_.logs_from)})
                               : transport::RpcAnswers(std::unexpected(transport::Failure{}));
      if (!answers || !(*answers)[0]) {
        add(name, Verdict::fail, fmt::format("eth_getLogs over {} blocks is refused", head - first + 1),
            answers ? to_text((*answers)[0].error()) : to_text(answers.error()), "lower logs_range of this chain");
      } else {
        add(name + " logs", Verdict::ok, fmt::format("eth_getLogs over {} blocks is answered", head - first + 1));
      }
      if (answers && !evm::as_header((*answers)[1]))
        add(name, Verdict::fail, fmt::format("has no block {}", chain_.logs_from), "events are read from logs_from on",
            "raise logs_from to the deployment, or take an archive node");
    }
  }

  const DoctorContext& context_;
  const settings::ChainConfig& chain_;
  std::vector<Asked> asked_;
  std::size_t usable_ = 0;
  std::optional<evm::EndpointPool> pool_;
  evm::Header block_;
  Findings findings_;
};

}  // namespace

Findings examine_chain(const DoctorContext& context, const settings::ChainConfig& chain,
                       const std::shared_future<std::optional<Address>>& signer) {
  return ChainExam(context, chain).run(signer);
}

}  // namespace lockstep::app
