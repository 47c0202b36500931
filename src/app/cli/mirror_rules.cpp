#include "app/cli/mirror_rules.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>

#include "settings/node.hpp"

namespace lockstep::app {
namespace {

using mirror::Int;
using settings::Node;

constexpr std::array<std::string_view, 3> roundings{"up", "toward_zero", "bankers"};

/// Reads values until the first that is wrong; `error` is that one.
class RulesReader {
 public:
  void only(const Node& table, std::initializer_list<std::string_view> known) {
    if (table.kind != Node::Kind::table) return refuse("a table is needed here", table.where);
    std::string names;
    for (const auto name : known) names += (names.empty() ? "" : ", ") + std::string(name);
    for (const auto& member : table.members) {
      if (std::ranges::find(known, member.key) == known.end())
        refuse("unknown key \"" + member.key + "\"", member.where, "known here: " + names);
    }
  }

  /// An integer, or its decimal digits as text where TOML's 64 bits do not hold it.
  Int number(const Node& node) {
    if (node.kind == Node::Kind::integer) return node.integer;
    Int value = 0;
    const bool digits = node.kind == Node::Kind::string && !node.text.empty() && node.text.size() <= 36 &&
                        node.text.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) refuse("a whole number is needed here", node.where);
    for (const char c : digits ? node.text : std::string{}) value = 10 * value + (c - '0');
    return value;
  }

  void number(const Node& table, const char* key, Int& out) {
    if (const Node* node = table.find(key)) out = number(*node);
  }

  void needed(const Node& table, const char* key, Int& out) {
    if (table.find(key) == nullptr) refuse(std::string("\"") + key + "\" is missing", table.where);
    number(table, key, out);
  }

  void rounding(const Node& table, const char* key, mirror::Rounding& out) {
    const Node* node = table.find(key);
    if (node == nullptr) return;
    const auto at = std::ranges::find(roundings, node->text);
    if (at == roundings.end() || node->kind != Node::Kind::string)
      return refuse("no rounding is called \"" + node->text + "\"", node->where, "use up, toward_zero or bankers");
    out = static_cast<mirror::Rounding>(at - roundings.begin());
  }

  const std::vector<Node>& list(const Node& table, const char* key) {
    static const std::vector<Node> none;
    const Node* node = table.find(key);
    if (node == nullptr) return none;
    if (node->kind != Node::Kind::array) refuse("a list is needed here", node->where);
    return node->items;
  }

  void refuse(std::string what, std::string where, std::string next = {}) {
    if (error.what.empty()) error = {std::move(what), std::move(where), {}, std::move(next)};
  }

  Error error;
};

void read_scan(RulesReader& reader, const Node& table, mirror::Scan& scan) {
  reader.only(table,
              {"price_bps", "volatility_bps", "extreme_bps", "extreme_cover_bps", "short_minimum_bps", "initial_bps"});
  reader.needed(table, "price_bps", scan.price_bps);
  reader.needed(table, "volatility_bps", scan.volatility_bps);
  reader.number(table, "extreme_bps", scan.extreme_bps);
  reader.number(table, "extreme_cover_bps", scan.extreme_cover_bps);
  reader.number(table, "short_minimum_bps", scan.short_minimum_bps);
  reader.number(table, "initial_bps", scan.initial_bps);
}

void read_market(RulesReader& reader, const Node& table, mirror::Rules& rules) {
  reader.only(table, {"id", "maker_fee_ppm", "taker_fee_ppm", "tiers", "scan"});
  Int id = -1;
  reader.needed(table, "id", id);
  if (id < 0 || id > std::numeric_limits<mirror::MarketId>::max())
    return reader.refuse("no market has this id", table.where);
  const auto at = rules.markets.find(static_cast<mirror::MarketId>(id));
  if (at == rules.markets.end())
    return reader.refuse("the mirror has no market " + mirror::to_text(mirror::Value{id}), table.where);
  reader.number(table, "maker_fee_ppm", at->second.maker_fee_ppm);
  reader.number(table, "taker_fee_ppm", at->second.taker_fee_ppm);
  if (const Node* scan = table.find("scan")) read_scan(reader, *scan, rules.scans[at->first]);
  const auto& tiers = reader.list(table, "tiers");
  if (!tiers.empty()) at->second.tiers.clear();
  for (const auto& tier : tiers) {
    reader.only(tier, {"above", "initial_bps", "maintenance_bps"});
    mirror::Tier read;
    reader.number(tier, "above", read.above);
    reader.needed(tier, "initial_bps", read.initial_bps);
    reader.needed(tier, "maintenance_bps", read.maintenance_bps);
    at->second.tiers.push_back(read);
  }
}

}  // namespace

Result<mirror::Rules> read_rules(const std::string& file, const mirror::Rules& as_it_is) {
  const auto text = settings::read_text(file);
  if (!text) return std::unexpected(text.error());
  const auto document = settings::parse_toml(*text, file);
  if (!document) return std::unexpected(document.error());
  mirror::Rules rules = as_it_is;
  RulesReader reader;
  reader.only(*document, {"name", "collateral_haircut_bps", "rounding", "liquidation", "pools", "market"});
  const Node* name = document->find("name");
  if (name == nullptr || name->kind != Node::Kind::string) {
    reader.refuse("\"name\" is missing", file, "say which rules these are, as name = \"v2\"");
  } else {
    rules.name = name->text;
  }
  reader.number(*document, "collateral_haircut_bps", rules.collateral_haircut_bps);
  if (const Node* rounding = document->find("rounding")) {
    reader.only(*rounding, {"margin", "fee", "funding"});
    reader.rounding(*rounding, "margin", rules.margin);
    reader.rounding(*rounding, "fee", rules.fee);
    reader.rounding(*rounding, "funding", rules.funding);
  }
  if (const Node* liquidation = document->find("liquidation")) {
    reader.only(*liquidation, {"fee_ppm", "close_bps", "fund_bps"});
    reader.number(*liquidation, "fee_ppm", rules.liquidation.fee_ppm);
    reader.number(*liquidation, "close_bps", rules.liquidation.close_bps);
    reader.number(*liquidation, "fund_bps", rules.liquidation.fund_bps);
  }
  if (const Node* pools = document->find("pools")) {
    reader.only(*pools, {"initial_ppm", "maintenance_ppm"});
    reader.number(*pools, "initial_ppm", rules.pools.initial_ppm);
    reader.number(*pools, "maintenance_ppm", rules.pools.maintenance_ppm);
  }
  for (const auto& market : reader.list(*document, "market")) read_market(reader, market, rules);
  if (!reader.error.what.empty()) return std::unexpected(reader.error);
  if (auto wrong = mirror::check(rules); !wrong.empty()) return fail("the rules cannot be", file, wrong);
  return rules;
}

}  // namespace lockstep::app
