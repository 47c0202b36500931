#include "adapters/evm/network_margin.hpp"

#include "mirror/add_on.hpp"
#include "mirror/latency.hpp"

namespace lockstep::evm {
namespace {

using mirror::Int;

constexpr std::size_t least_updates = 16;  // of a price, before anything is said of how it moves

mirror::BlockLoad load(const Header& header) { return {header.time, header.gas_used, header.gas_limit}; }

/// From block `from` up to `last`, ascending. One endpoint is enough: each names the hash of the one before it.
Result<std::vector<mirror::BlockLoad>> loads(EndpointPool& pool, std::uint64_t from, const Header& last) {
  std::vector<RpcCall> calls;
  for (auto num = from; num < last.num; ++num) calls.push_back(block_by_number(num));
  const auto answers = ask_all(pool, calls);
  if (!answers) return std::unexpected(answers.error());
  std::vector<mirror::BlockLoad> found(calls.size() + 1);
  found.back() = load(last);
  Hash32 parent = last.parent_hash;
  for (auto i = calls.size(); i-- > 0;) {
    const auto header = as_header((*answers)[i]);
    if (!header) return std::unexpected(header.error());
    if (header->hash != parent)
      return fail(fmt::format("block {} is not the parent of the one after it", from + i), to_hex(header->hash));
    found[i] = load(*header);
    parent = header->parent_hash;
  }
  return found;
}

/// Seconds between the first price and the last.
Result<Int> elapsed(EndpointPool& pool, const mirror::Moves& moves) {
  const auto from = agreed_header(pool, moves.from_num, true), upto = agreed_header(pool, moves.upto_num, true);
  if (!from) return std::unexpected(from.error());
  if (!upto) return std::unexpected(upto.error());
  return Int{upto->time} - Int{from->time};
}

std::string percent(Int of_ppm) { return fmt::format("{:.4f} %", static_cast<double>(of_ppm) / 1e4); }

/// The first final block from `last` on that has room: a run of full blocks is measured to its end.
Result<Header> first_with_room(const NetworkContext& context, Header last) {
  while (load(last).is_full()) {
    if (last.num >= context.follower.final()->num)
      return fail("the newest final blocks are full", context.plan.compiled.chain,
                  "how long one waits there is known once one has room");
    auto next = agreed_header(context.pool, last.num + 1, true);
    if (!next) return std::unexpected(next.error());
    last = *std::move(next);
  }
  return last;
}

/// What the move of one market's price asks for, or why nobody can say.
using AddOn = std::expected<Int, std::string>;

struct Judged {
  bool good = true;
  std::string text;

  void add(mirror::MarketId market, Int maintenance, const AddOn& add_on) {
    const bool covered = add_on && *add_on <= maintenance;
    good = good && covered;
    text += fmt::format("{}market {}: ", text.empty() ? "" : ", ", market);
    text += add_on ? fmt::format("{} of maintenance margin {} {}", percent(maintenance), covered ? "≥" : "<",
                                 percent(*add_on))
                   : add_on.error();
  }
};

Result<AddOn> add_on_of(const NetworkContext& context, mirror::MarketId market, Int latency_ms) {
  const auto moves = context.moves.of(market);
  const auto count = moves ? moves->count : 0;
  if (count < least_updates)
    return AddOn(
        std::unexpected(fmt::format("{} updates of its price are too few, {} are needed", count, least_updates)));
  const auto seconds = elapsed(context.pool, *moves);
  if (!seconds) return std::unexpected(seconds.error());
  return mirror::add_on_ppm(*moves, *seconds, latency_ms, Int{context.plan.network->margin_deviations});
}

}  // namespace

Result<void> add_margin_row(Rows& rows, const NetworkContext& context, const Header& measured, std::uint64_t lag_s) {
  const auto deviations = context.plan.network->margin_deviations;
  if (deviations == 0) return {};
  if (context.expected == nullptr) {
    rows.add("margin-add-on", "E6", Colour::red, "nothing is mirrored here, so nobody knows what margin is asked for");
    return {};
  }
  const auto last = first_with_room(context, measured);
  if (!last) return std::unexpected(last.error());
  const auto blocks = loads(context.pool, context.change.num, *last);
  if (!blocks) return std::unexpected(blocks.error());
  const auto latency = mirror::latency_of(*blocks);
  if (!latency) {
    rows.add("margin-add-on", "E6", Colour::red, "in blocks {} to {}: {}", context.change.num, last->num,
             latency.error());
    return {};
  }
  const Int total_ms = latency->inclusion_ms + Int{lag_s} * 1000;
  Judged judged;
  for (const auto& [market, maintenance] : mirror::held_margins(*context.expected)) {
    const auto add_on = add_on_of(context, market, total_ms);
    if (!add_on) return std::unexpected(add_on.error());
    judged.add(market, maintenance, *add_on);
  }
  rows.add("margin-add-on", "E6", green_if(judged.good),
           "blocks {} to {}, {} full: at most {:.1f} s in the mean until one has room, {} s until it is final; at {} "
           "standard deviations: {}",
           context.change.num, last->num, percent(latency->load_ppm), static_cast<double>(latency->inclusion_ms) / 1e3,
           lag_s, deviations, judged.text.empty() ? "nobody has a position" : judged.text);
  return {};
}

}  // namespace lockstep::evm
