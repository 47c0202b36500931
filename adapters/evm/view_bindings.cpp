#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bindings.hpp"

namespace lockstep::evm {

Result<ViewBindings::Argument> ViewBindings::parse_argument(const settings::InstanceConfig& instance,
                                                            const settings::ViewBinding& text, const abi::Type& input,
                                                            const mirror::TableInfo& table) {
  const auto given = text.args.find(input.name);
  if (given != text.args.end()) {
    const auto contract = instance.contracts.find(given->second);
    if (input.kind == abi::Kind::address && contract != instance.contracts.end())
      return Argument{KeyPart::constant, abi::of(contract->second.address)};
    const auto value = abi::parse_value(input, given->second);
    if (!value)
      return fail("view binding has a bad argument", text.where,
                  fmt::format("{} = \"{}\": {}", input.name, given->second, value.error().text()));
    return Argument{KeyPart::constant, *value};
  }
  if (std::ranges::find(table.keys, input.name) == table.keys.end()) {
    return fail("view binding has an argument that is no key of its table", text.where,
                fmt::format("\"{}\" of {}", input.name, table.name));
  }
  if (input.name == "account") return Argument{KeyPart::account};
  if (input.name == "order" || input.name == "holding") return Argument{KeyPart::order};
  return Argument{input.kind == abi::Kind::address ? KeyPart::market_address : KeyPart::market};
}

Result<ViewBindings::Binding> ViewBindings::parse_one(const settings::InstanceConfig& instance,
                                                      const settings::ViewBinding& text) {
  Binding binding;
  binding.at_market = !text.at.empty();
  binding.observes = text.observe;
  const auto contract = instance.contracts.find(text.contract);
  if (!binding.at_market && contract == instance.contracts.end())
    return fail("view binding names an unknown contract", text.where, "\"" + text.contract + "\"");
  if (!binding.at_market) binding.target = contract->second.address;
  const auto table = mirror::table_from_name(text.table);
  if (!table) return fail("view binding names an unknown table", text.where, "\"" + text.table + "\"");
  binding.table = *table;
  auto function = abi::parse_function(text.signature);
  if (!function) return fail("view binding has a bad signature", text.where, function.error().text());
  binding.function = *std::move(function);
  const auto& info = mirror::info(*table);
  std::size_t keys = binding.at_market ? 1 : 0;
  for (const auto& input : binding.function.inputs) {
    auto argument = parse_argument(instance, text, input, info);
    if (!argument) return std::unexpected(argument.error());
    keys += argument->part == KeyPart::constant ? 0 : 1;
    binding.arguments.push_back(*std::move(argument));
  }
  if (keys != info.keys.size()) {
    return fail("view binding lacks a key of its table as argument", text.where, std::string(info.name));
  }
  binding.one_tuple = binding.function.outputs.size() == 1 && binding.function.outputs[0].kind == abi::Kind::tuple;
  const auto& types = binding.types();
  const auto constants = constants_of(instance);
  for (const auto& [field, output] : text.bind) {
    const auto place = std::ranges::find(info.fields, field);
    if (place == info.fields.end())
      return fail("view binding names an unknown field", text.where, fmt::format("{}.{}", info.name, field));
    auto bound = Bound::parse(output, types, constants);
    if (!bound) {
      return fail(bound.error().kind == BoundError::Kind::syntax
                      ? "view binding is no expression"
                      : "view binding names no such number or address among the return values",
                  text.where, bound.error().text(field, output));
    }
    binding.outputs.emplace_back(*std::move(bound), static_cast<std::size_t>(place - info.fields.begin()));
  }
  return binding;
}

Result<ViewBindings> ViewBindings::parse(const settings::InstanceConfig& instance,
                                         const std::vector<settings::ViewBinding>& bindings) {
  ViewBindings all;
  for (const auto& [name, market] : instance.markets) all.markets_.emplace(market.id, market.address);
  for (const auto& text : bindings) {
    auto binding = parse_one(instance, text);
    if (!binding) return std::unexpected(binding.error());
    all.bindings_.push_back(*std::move(binding));
  }
  return all;
}

bool ViewBindings::observe() const { return std::ranges::any_of(bindings_, &Binding::observes); }

Result<ViewBindings::Call> ViewBindings::call(const Binding& binding, const mirror::Key& key) const {
  const auto market = markets_.find(key.market);
  const auto needs_address = [](const Argument& one) { return one.part == KeyPart::market_address; };
  if ((binding.at_market || std::ranges::any_of(binding.arguments, needs_address)) && market == markets_.end())
    return fail("market has no address in [instance.markets]", {}, mirror::to_text(key));
  std::vector<abi::Value> arguments;
  for (const auto& [part, constant] : binding.arguments) {
    if (part == KeyPart::account) arguments.push_back(abi::of(key.account));
    if (part == KeyPart::market) arguments.push_back(abi::of(Uint256(key.market)));
    if (part == KeyPart::market_address) arguments.push_back(abi::of(market->second));
    if (part == KeyPart::order) arguments.push_back(abi::of(Uint256(key.order)));
    if (part == KeyPart::constant) arguments.push_back(constant);
  }
  return Call{.target = binding.at_market ? market->second : binding.target,
              .data = abi::encode_call(binding.function, arguments),
              .observes = binding.observes};
}

Result<std::vector<ViewBindings::Call>> ViewBindings::calls_for(const mirror::Rows& rows, std::size_t first,
                                                                std::size_t last) const {
  std::vector<Call> calls;
  for (std::size_t row = first; row < last; ++row) {
    const auto& key = rows[row].key;
    for (std::size_t i = 0; i < bindings_.size(); ++i) {
      if (bindings_[i].table != key.table) continue;
      auto one = call(bindings_[i], key);
      if (!one) return std::unexpected(one.error());
      one->row = row;
      one->binding = i;
      calls.push_back(*std::move(one));
    }
  }
  return calls;
}

Result<void> ViewBindings::read_into(mirror::Rows& rows, const Call& call, BytesView answer) const {
  const auto& binding = bindings_[call.binding];
  auto& row = rows[call.row];
  const auto decoded = abi::decode(binding.function.outputs, answer);
  const auto what = [&] { return fmt::format("{} of {}", binding.function.name, mirror::to_text(row.key)); };
  if (!decoded) return fail(what() + " does not decode", {}, decoded.error().text());
  const auto& values = binding.one_tuple ? (*decoded)[0].elements : *decoded;
  for (const auto& [output, field] : binding.outputs) {
    auto value = output.value(values);
    if (!value) {
      return fail(what() + " does not fit the mirror", {},
                  fmt::format("{}, {}", mirror::info(binding.table).fields[field], value.error().why));
    }
    row.values[field] = *value;
  }
  return {};
}

}  // namespace lockstep::evm
