// What became of transactions that were sent.
#include <fmt/format.h>

#include "adapters/evm/check.hpp"
#include "adapters/evm/txn_sender.hpp"

namespace lockstep::evm {
namespace {

using coordinator::TxnStatus;
using nlohmann::json;

std::optional<std::uint64_t> number_of(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  const auto value = parse_quantity(it->get_ref<const std::string&>());
  if (!value || *value > std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

}  // namespace

void TxnSender::on_head(const Header& head, const std::optional<Header>& final) {
  if (!address_) return;
  std::vector<RpcCall> calls{{"eth_getBalance", {to_hex(*address_), block_id(head.hash)}},
                             {"eth_getTransactionCount", {to_hex(*address_), block_id(head.hash)}}};
  std::vector<Pending*> asked;
  for (auto& [name, pending] : pendings_) {
    if (!pending.intent.in_flight()) continue;
    for (const auto& hash : pending.intent.hashes) calls.push_back({"eth_getTransactionReceipt", {to_hex(hash)}});
    calls.push_back({"eth_getTransactionByHash", {to_hex(pending.intent.current())}});
    asked.push_back(&pending);
  }
  const auto answers = ask_all(pool_, calls);
  if (!answers) return;  // the next head asks again
  if (const auto balance = as_quantity((*answers)[0])) balance_ = *balance;
  if (const auto nonce = as_u64((*answers)[1])) nonce_ = *nonce;
  std::size_t at = 2;
  for (auto* pending : asked) {
    const json* receipt = nullptr;
    bool answered = true;
    for (std::size_t i = 0; i < pending->intent.hashes.size(); ++i, ++at) {
      const auto& answer = (*answers)[at];
      answered = answered && answer.has_value();
      if (answer && answer->is_object()) receipt = &*answer;
    }
    const auto& held = (*answers)[at++];
    if (receipt != nullptr)
      on_receipt(*pending, *receipt);
    else if (answered && held)
      on_no_receipt(*pending, held->is_object(), head);
    if (receipt != nullptr && final) settle(*pending, *receipt, *final, head);
  }
}

/// Final only if the receipt is of the very block that became final: a node may still give one of a block that is gone.
void TxnSender::settle(Pending& pending, const json& receipt, const Header& final, const Header& head) {
  auto& intent = pending.intent;
  if (intent.state != TxnState::mined || intent.block_num > final.num) return;
  const auto block =
      intent.block_num == final.num ? Result<Header>(final) : agreed_header(pool_, intent.block_num, true);
  if (!block) return;  // the next head asks again
  const auto it = receipt.find("blockHash");
  if (it == receipt.end() || *it != to_hex(block->hash)) return on_no_receipt(pending, false, head);
  intent.state = TxnState::settled;
  keep(intent);
}

void TxnSender::on_receipt(Pending& pending, const json& receipt) {
  auto& intent = pending.intent;
  const auto status = number_of(receipt, "status"), block = number_of(receipt, "blockNumber"),
             gas = number_of(receipt, "gasUsed");
  if (!status || !block || !gas) return;
  if (intent.state == TxnState::mined && intent.block_num == *block) return;
  // An earlier version may be the one that was mined.
  if (const auto it = receipt.find("transactionHash"); it != receipt.end() && it->is_string()) {
    const auto hash = fixed_from_hex<Hash32>(it->get_ref<const std::string&>());
    const auto known = hash ? std::ranges::find(intent.hashes, *hash) : intent.hashes.end();
    if (known == intent.hashes.end()) return;
    std::iter_swap(known, intent.hashes.end() - 1);
  }
  pending.unsigned_yet = false;  // whatever else was asked for: its nonce is used
  intent.block_num = *block;
  intent.gas_used = *gas;
  if (*status != 1) return on_reverted(pending);
  intent.state = TxnState::mined;
  keep(intent);
  tell_(intent, TxnStatus::mined);
}

void TxnSender::on_reverted(Pending& pending) {
  auto& intent = pending.intent;
  intent.state = TxnState::reverted;
  intent.detail = "reverted";
  const auto& txn = intent.txn;
  const auto replay = pool_.ask({{"eth_call",
                                  {{{"from", to_hex(*address_)},
                                    {"to", to_hex(*txn.to)},
                                    {"data", to_hex(BytesView(txn.data))},
                                    {"gas", to_quantity(txn.gas_limit)}},
                                   to_quantity(intent.block_num - 1)}}});
  if (replay && !(*replay)[0])
    intent.detail = why_reverted((*replay)[0].error());
  else if (replay)
    intent.detail = "reverted, but not when replayed on the block before";
  if (intent.gas_used >= txn.gas_limit) intent.detail += " (used all its gas)";
  keep(intent);
  tell_(intent, TxnStatus::reverted);
}

/// `known`: the node holds it, so it waits for a block. Otherwise it was dropped, or never came there.
void TxnSender::on_no_receipt(Pending& pending, bool known, const Header& head) {
  auto& intent = pending.intent;
  if (intent.state == TxnState::mined) {  // a reorganisation took it back; the same bytes are still good
    intent.state = TxnState::sent;
    intent.block_num = 0;
    if (keep(intent) && key_) sign_and_broadcast(pending, head);
    return;
  }
  if (nonce_ > intent.txn.nonce) {
    // The nonce is used and not by us: prepare it anew; the estimate shows whether there is anything left to do.
    intent.detail = fmt::format("nonce {} was used by another transaction of this key", intent.txn.nonce);
    intent.state = TxnState::waiting;
    intent.hashes.clear();
    pending.keep_nonce = pending.unsigned_yet = pending.raise_refused = false;
    return;
  }
  if (!key_ || pending.unsigned_yet || pending.due > Clock::now()) return;  // step() has it signed
  if (!known && pending.failures == 0 && pending.sent_at != Clock::time_point{}) {
    intent.detail = "dropped by the node, sent again";
    return sign_and_broadcast(pending, head);
  }
  if (pending.failures == 0 && pending.sent_at != Clock::time_point{} && Clock::now() - pending.sent_at < stuck_after_)
    return;
  // Never acknowledged, or recovered from an earlier run: the same bytes. Acknowledged and stuck: more fees, if the cap
  // allows.
  const bool raises = pending.failures == 0 && pending.sent_at != Clock::time_point{} && !pending.raise_refused;
  if (raises && raise_fees(intent.txn, cap_) && !keep(intent)) return;
  sign_and_broadcast(pending, head);
}

}  // namespace lockstep::evm
