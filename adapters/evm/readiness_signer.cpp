// Whoever pays here: what it has, and whether anything of its key waits that is not ours.
#include <algorithm>

#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

constexpr unsigned upgrades_in_reserve = 20;
constexpr std::uint32_t nonce_grace_ms = 500;

}  // namespace

Result<void> add_balance_row(Rows& rows, const ReadinessContext& context, const RpcAnswer& answer) {
  const auto balance = as_quantity(answer);
  if (!balance) return std::unexpected(balance.error());
  const auto who = to_hex(*context.signer), has = to_decimal(*balance);
  if (*balance == 0) {
    rows.add("signer-balance", "", Colour::red, "{} holds nothing", who);
    return {};
  }
  if (context.forecast == nullptr || !*context.forecast) {
    rows.add("signer-balance", "", Colour::amber, "{} holds {} wei; what it must pay is not known: {}", who, has,
             context.forecast == nullptr ? "there is no forecast" : context.forecast->error().text());
    return {};
  }
  const auto& forecast = **context.forecast;
  const auto more = forecast.more(*balance);
  const bool alone = context.plan.plan.operators.operators.size() < 2;
  const auto colour = *balance < forecast.now ? (alone ? Colour::red : Colour::amber)
                                              : amber_unless(*balance >= forecast.cap && more >= upgrades_in_reserve);
  rows.add("signer-balance", "", colour,
           "{} holds {} wei; {} transactions still to come take {} at today's fees{}, {} at max_fee_gwei; then it pays "
           "{} more upgrades, {} are wanted",
           who, has, forecast.txns, to_decimal(forecast.now),
           forecast.l1 == 0 ? "" : " (" + to_decimal(forecast.l1) + " beyond gas)", to_decimal(forecast.cap), more,
           upgrades_in_reserve);
  return {};
}

void add_nonce_row(Rows& rows, const ReadinessContext& context) {
  const RpcCall call{"eth_getTransactionCount", {to_hex(*context.signer), "pending"}};
  std::optional<std::uint64_t> next;  // after all that waits, as the endpoint has it that knows most
  const auto enough = [&](const EndpointPool::ByEndpoint& come) { return come.size() >= context.pool.quorum(); };
  for (const auto& [endpoint, answers] : context.pool.each({call}, enough, nonce_grace_ms))
    if (const auto told = as_u64(answers.front()); told) next = std::max(next.value_or(0), *told);
  const auto who = to_hex(*context.signer);
  if (!next) {
    rows.add("signer-nonce", "", Colour::amber, "no endpoint says which transactions of {} wait", who);
    return;
  }
  const auto [used, own] = context.nonces;
  const auto waiting = *next > used ? *next - used : 0;
  const auto others = waiting > own ? waiting - own : 0;
  if (others == 0)
    rows.add("signer-nonce", "", Colour::green, "nonce {} of {} is next; {} of ours wait, and nobody else's", used, who,
             own);
  else
    rows.add("signer-nonce", "", Colour::amber,
             "{} transactions of {} wait that are not this program's, from nonce {} on: its own come behind them; give "
             "it a key that nothing else uses",
             others, who, used);
}

}  // namespace lockstep::evm
