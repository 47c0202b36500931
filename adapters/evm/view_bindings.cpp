#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bindings.hpp"

namespace lockstep::evm {

Result<ViewBindings::Binding> ViewBindings::parse_one(const settings::InstanceConfig& instance,
                                                      const settings::ViewBinding& text) {
  Binding binding;
  const auto contract = instance.contracts.find(text.contract);
  if (contract == instance.contracts.end())
    return fail("view binding names an unknown contract", text.where, "\"" + text.contract + "\"");
  binding.target = contract->second.address;
  const auto table = mirror::table_from_name(text.table);
  if (!table) return fail("view binding names an unknown table", text.where, "\"" + text.table + "\"");
  binding.table = *table;
  auto function = abi::parse_function(text.signature);
  if (!function) return fail("view binding has a bad signature", text.where, function.error().text());
  binding.function = *std::move(function);
  const auto& info = mirror::info(*table);
  for (const auto& input : binding.function.inputs) {
    if (std::ranges::find(info.keys, input.name) == info.keys.end()) {
      return fail("view binding has an argument that is no key of its table", text.where,
                  fmt::format("\"{}\" of {}", input.name, info.name));
    }
    binding.arguments.push_back(input.name == "account"  ? KeyPart::account
                                : input.name == "market" ? KeyPart::market
                                                         : KeyPart::order);
  }
  if (binding.function.inputs.size() != info.keys.size()) {
    return fail("view binding lacks a key of its table as argument", text.where, std::string(info.name));
  }
  binding.one_tuple = binding.function.outputs.size() == 1 && binding.function.outputs[0].kind == abi::Kind::tuple;
  const auto& types = binding.types();
  for (const auto& [field, output] : text.bind) {
    const auto place = std::ranges::find(info.fields, field);
    if (place == info.fields.end())
      return fail("view binding names an unknown field", text.where, fmt::format("{}.{}", info.name, field));
    auto bound = Bound::parse(output, types);
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
  for (const auto& text : bindings) {
    auto binding = parse_one(instance, text);
    if (!binding) return std::unexpected(binding.error());
    all.bindings_.push_back(*std::move(binding));
  }
  return all;
}

std::vector<ViewBindings::Call> ViewBindings::calls_for(const mirror::Rows& rows) const {
  std::vector<Call> calls;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto& key = rows[row].key;
    for (std::size_t i = 0; i < bindings_.size(); ++i) {
      const auto& binding = bindings_[i];
      if (binding.table != key.table) continue;
      std::vector<abi::Value> arguments;
      for (const auto part : binding.arguments) {
        if (part == KeyPart::account) arguments.push_back(abi::of(key.account));
        if (part == KeyPart::market) arguments.push_back(abi::of(Uint256(key.market)));
        if (part == KeyPart::order) arguments.push_back(abi::of(Uint256(key.order)));
      }
      calls.push_back({binding.target, abi::encode_call(binding.function, arguments), row, i});
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
