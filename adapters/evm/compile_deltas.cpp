#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "adapters/evm/compile_check.hpp"
#include "adapters/evm/compile_parts.hpp"
#include "mirror/row.hpp"

namespace lockstep::evm {
namespace {

using settings::DeltaText;

template <class T>
std::optional<T> number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool set_key_part(mirror::Key& key, std::string_view part, const std::string& text) {
  if (part == "account") {
    const auto account = fixed_from_hex<Address>(text);
    if (account) key.account = *account;
    return account.has_value();
  }
  if (part == "market") {
    const auto market = number<mirror::MarketId>(text);
    if (market) key.market = *market;
    return market.has_value();
  }
  const auto order = number<mirror::OrderId>(text);
  if (order) key.order = *order;
  return part == "order" && order.has_value();
}

bool resolve_key(InstanceContext& context, const mirror::TableInfo& table, const DeltaText& text, mirror::Key& key) {
  key.table = table.table;
  bool ok = text.key.size() == table.keys.size();
  for (const auto part : table.keys) {
    const auto it = text.key.find(std::string{part});
    ok = ok && it != text.key.end() && set_key_part(key, part, it->second);
  }
  if (!ok) {
    context.errors.push_back({fmt::format("key of a delta of table {} is wrong", table.name),
                              text.where,
                              {},
                              "its parts are: " + join(table.keys)});
  }
  return ok;
}

std::optional<mirror::Value> resolve_value(InstanceContext& context, const DeltaText& text) {
  std::optional<mirror::Value> value;
  if (text.field == "account") {
    if (const auto account = fixed_from_hex<Address>(text.value)) value = *account;
  } else if (const auto count = signed_number(text.value)) {
    value = *count;
  }
  if (!value)
    context.errors.push_back(
        {"value \"" + text.value + "\" of delta " + text.field + " is not a number of at most 127 bits",
         text.where,
         {},
         {}});
  return value;
}

}  // namespace

std::optional<mirror::Int> signed_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto magnitude = parse_uint256(text);
  if (!magnitude || *magnitude >> 127 != 0) return std::nullopt;
  const auto low = static_cast<std::uint64_t>(*magnitude & UINT64_MAX);
  const auto value = static_cast<mirror::Int>(static_cast<std::uint64_t>(*magnitude >> 64)) << 64 | low;
  return negative ? -value : value;
}

std::vector<mirror::Delta> resolve_deltas(InstanceContext& context) {
  std::vector<mirror::Delta> deltas;
  for (const auto& text : context.wanted.deltas) {
    const auto table = mirror::table_from_name(text.table);
    if (!table) {
      context.errors.push_back({"mirror table \"" + text.table + "\" is not known",
                                text.where,
                                {},
                                "use global, market, account, position or order"});
      continue;
    }
    const auto& info = mirror::info(*table);
    if (std::find(info.fields.begin(), info.fields.end(), text.field) == info.fields.end()) {
      context.errors.push_back({fmt::format("mirror table {} has no field \"{}\"", info.name, text.field),
                                text.where,
                                {},
                                "its fields are: " + join(info.fields)});
      continue;
    }
    mirror::Key key;
    const bool key_ok = resolve_key(context, info, text, key);
    const auto value = resolve_value(context, text);
    if (!key_ok || !value) continue;
    const bool again =
        std::any_of(deltas.begin(), deltas.end(), [&](const auto& d) { return d.key == key && d.field == text.field; });
    if (again) {
      context.errors.push_back(
          {fmt::format("{} of {} is declared twice on {}", text.field, mirror::to_text(key), context.instance.chain),
           text.where,
           {},
           "keep one"});
      continue;
    }
    deltas.push_back({key, text.field, *value});
  }
  return deltas;
}

}  // namespace lockstep::evm
