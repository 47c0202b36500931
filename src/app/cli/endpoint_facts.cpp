#include "app/cli/endpoint_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "adapters/evm/rpc_read.hpp"
#include "adapters/evm/trie.hpp"
#include "adapters/transport/http.hpp"
#include "base/time.hpp"
#include "runtime/wall_clock.hpp"

namespace lockstep::app {
namespace {

using evm::RpcAnswer;
using evm::RpcCall;
using nlohmann::json;
using transport::RpcAnswers;

constexpr std::uint64_t blocks_measured = 128;
constexpr std::size_t longest_client = 120;
constexpr std::uint64_t stale_tag_s = 6 * 3600;  // finality of no chain takes longer unless it stalls
// Any account will do for a proof or an override; this one is nobody's.
constexpr const char* somebody = "0x00000000000000000000000000000000005a11ed";
constexpr const char* answers_42 = "0x602a60005260206000f3";  // mstore(0, 42); return(0, 32)

UnixSeconds local_now() { return runtime::wall_ms() / 1000; }

class Asker {
 public:
  Asker(const std::string& url, std::uint32_t timeout_ms) : http_({url}, timeout_ms) {}

  RpcAnswers batch(const std::vector<RpcCall>& calls) {
    const auto first = next_;
    next_ += calls.size();
    auto reply = std::move(http_.post({{0, transport::encode_batch(calls, first)}})[0]);
    if (!reply) return std::unexpected(reply.error());
    return transport::decode_batch(*reply, calls.size(), first);
  }
  /// Whether it answers a lone request that is no batch.
  bool answers_alone() {
    const json call{{"jsonrpc", "2.0"}, {"id", next_++}, {"method", "eth_chainId"}, {"params", json::array()}};
    const auto reply = std::move(http_.post({{0, call.dump()}})[0]);
    if (!reply) return false;
    const auto answer = json::parse(*reply, nullptr, false);
    return answer.is_object() && answer.contains("result");
  }

 private:
  transport::HttpClient http_;
  std::uint64_t next_ = 1;
};

TagFacts tag_of(const RpcAnswer& answer) {
  auto header = evm::as_header(answer);
  if (!header) return {{}, header.error().text()};
  return {*header, {}};
}

std::string printable(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c > 0x7e; });
  if (text.size() > longest_client) text.resize(longest_client);
  return text;
}

/// The block whose state evidence would be proved from. Never the head: a node that is making a block (anvil) already
/// answers for the state after it.
std::uint64_t proved_at(const EndpointFacts& facts, FinalAs final_as) {
  using settings::FinalityTag;
  const auto& tag = final_as.tag == FinalityTag::safe ? facts.safe : facts.finalized;
  std::uint64_t back = 0;
  if (final_as.tag == FinalityTag::confirmations) {
    back = final_as.confirmations;
  } else if (final_as.tag != FinalityTag::latest && serves(facts, tag)) {
    back = behind(facts, tag).value_or(0);
  }
  const auto head = facts.latest.block->num;
  return head - std::min(head, std::max<std::uint64_t>(back, 1));
}

/// The account proof of `somebody`, held against the state root of the block it was asked for.
std::string check_proof(const RpcAnswer& answer, const RpcAnswer& of, std::uint64_t num) {
  if (!answer) return fmt::format("at block {}: {}", num, to_text(answer.error()));
  const auto block = evm::as_header(of);
  if (!block) return fmt::format("block {}: {}", num, block.error().text());
  if (block->num != num) return fmt::format("asked for block {}, got {}", num, block->num);
  std::vector<Bytes> nodes;
  if (!answer->is_object() || !answer->contains("accountProof") || !(*answer)["accountProof"].is_array())
    return "the answer has no accountProof";
  for (const auto& node : (*answer)["accountProof"]) {
    auto bytes = node.is_string() ? bytes_from_hex(node.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes) return "a node of the proof is not hex text";
    nodes.push_back(std::move(*bytes));
  }
  const auto account = evm::trie::verify_account(block->state_root, *fixed_from_hex<Address>(somebody), nodes);
  return account ? std::string{} : account.error().text();
}

std::string check_override(const RpcAnswer& answer) {
  if (!answer) return to_text(answer.error());
  const auto word = evm::as_quantity(answer);
  return word && *word == 42 ? std::string{} : "the override was not applied";
}

void ask_second(Asker& asker, EndpointFacts& facts, FinalAs final_as) {
  const auto& head = *facts.latest.block;
  const auto back = std::min(head.num, blocks_measured);
  const auto at = evm::block_id(head.hash);
  const auto proved = proved_at(facts, final_as);
  const RpcCall proof{"eth_getProof", {somebody, json::array(), fmt::format("{:#x}", proved)}};
  const RpcCall override_call{"eth_call",
                              {{{"to", somebody}, {"data", "0x"}}, at, {{somebody, {{"code", answers_42}}}}}};
  const auto answers =
      asker.batch({evm::block_by_number(head.num - back), proof, override_call, evm::block_by_number(proved)});
  if (!answers) {
    facts.proofs = facts.override_ = to_text(answers.error());
    return;
  }
  if (const auto old = evm::as_header((*answers)[0]); old && back > 0 && head.time > old->time)
    facts.block_s = static_cast<double>(head.time - old->time) / static_cast<double>(back);
  facts.proofs = check_proof((*answers)[1], (*answers)[3], proved);
  facts.override_ = check_override((*answers)[2]);
}

void take_first(const std::vector<RpcAnswer>& answers, EndpointFacts& facts) {
  const auto id = evm::as_u64(answers[0]);
  if (id) facts.chain_id = *id;
  if (answers[1] && answers[1]->is_string()) facts.client = printable(answers[1]->get<std::string>());
  facts.syncing = answers[2] && answers[2]->is_object();
  if (answers[3] && answers[3]->is_object()) {
    const auto hash = answers[3]->find("hash");
    if (hash != answers[3]->end() && hash->is_string())
      facts.anchor = fixed_from_hex<Hash32>(hash->get_ref<const std::string&>()).value_or(Hash32{});
  }
  facts.latest = tag_of(answers[4]);
  facts.safe = tag_of(answers[5]);
  facts.finalized = tag_of(answers[6]);
  if (!id) {
    facts.error = "eth_chainId: " + id.error().text();
  } else if (facts.anchor.is_zero()) {
    facts.error = "it does not tell the hash of block 0, by which chains are told apart";
  } else if (!facts.latest.block) {
    facts.error = "no head: " + facts.latest.why;
  }
}

}  // namespace

EndpointFacts ask_endpoint(const std::string& name, const std::string& url, std::uint32_t timeout_ms,
                           FinalAs final_as) {
  EndpointFacts facts;
  facts.name = name;
  Asker asker(url, timeout_ms);
  const auto began = std::chrono::steady_clock::now();
  const auto answers = asker.batch({{"eth_chainId"},
                                    {"web3_clientVersion"},
                                    {"eth_syncing"},
                                    evm::block_by_number(0),
                                    evm::block_by_tag("latest"),
                                    evm::block_by_tag("safe"),
                                    evm::block_by_tag("finalized")});
  facts.latency_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  facts.asked_at = local_now();
  if (!answers) {
    using transport::FailureKind;
    const auto kind = answers.error().kind;
    const bool silent = kind == FailureKind::unreachable || kind == FailureKind::timeout;
    facts.reachable = !silent;
    facts.error = to_text(answers.error());
    if (!silent && asker.answers_alone())
      facts.error = "it answers single requests and refuses batches: " + facts.error;
    return facts;
  }
  facts.reachable = true;
  take_first(*answers, facts);
  if (facts.usable()) ask_second(asker, facts, final_as);
  return facts;
}

std::optional<std::uint64_t> behind(const EndpointFacts& facts, const TagFacts& tag) {
  if (!tag.block || !facts.latest.block) return std::nullopt;
  return facts.latest.block->num - std::min(facts.latest.block->num, tag.block->num);
}

bool serves(const EndpointFacts& facts, const TagFacts& tag) {
  if (!tag.block || !facts.latest.block) return false;
  if (tag.block->num == 0 && facts.latest.block->num > 2 * blocks_measured) return false;
  return facts.latest.block->time <= tag.block->time + stale_tag_s;
}

std::uint64_t normal_age_s(double block_s) {
  return std::max<std::uint64_t>(60, static_cast<std::uint64_t>(std::lround(20 * block_s)));
}

json to_json(const EndpointFacts& facts) {
  const auto tag = [&](const TagFacts& one) -> json {
    if (!one.block) return {{"served", false}, {"why", one.why}};
    return {{"served", serves(facts, one)},
            {"num", one.block->num},
            {"hash", to_hex(one.block->hash)},
            {"time", to_rfc3339(one.block->time)}};
  };
  const auto able = [](const std::string& why) -> json {
    return {{"offered", why.empty()}, {"why", why.empty() ? json() : json(why)}};
  };
  json out{{"name", facts.name},
           {"usable", facts.usable()},
           {"error", facts.error.empty() ? json() : json(facts.error)},
           {"latency_s", facts.latency_s}};
  if (!facts.reachable) return out;
  out["chain_id"] = facts.chain_id;
  out["client"] = facts.client;
  out["syncing"] = facts.syncing;
  out["anchor"] = to_hex(facts.anchor);
  out["latest"] = tag(facts.latest);
  out["safe"] = tag(facts.safe);
  out["finalized"] = tag(facts.finalized);
  out["block_interval_s"] = facts.block_s;
  out["get_proof"] = able(facts.proofs);
  out["state_override"] = able(facts.override_);
  return out;
}

}  // namespace lockstep::app
