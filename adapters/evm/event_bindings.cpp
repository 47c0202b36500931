#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "adapters/evm/bindings.hpp"
#include "adapters/evm/mirror_value.hpp"

namespace lockstep::evm {
namespace {

std::optional<std::size_t> parameter_named(const abi::Event& event, std::string_view name) {
  const auto it = std::ranges::find(event.inputs, name, &abi::Type::name);
  if (name.empty() || it == event.inputs.end()) return std::nullopt;
  return static_cast<std::size_t>(it - event.inputs.begin());
}

std::optional<mirror::Int> literal(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool wants_account(std::string_view field) { return field == "account" || field == "liquidator"; }

Result<std::vector<Address>> contracts_of(const settings::InstanceConfig& instance,
                                          const settings::EventBinding& text) {
  std::vector<Address> contracts;
  if (text.contract.empty()) {
    for (const auto& [name, contract] : instance.contracts) contracts.push_back(contract.address);
    return contracts;
  }
  const auto it = instance.contracts.find(text.contract);
  if (it == instance.contracts.end())
    return fail("event binding names an unknown contract", text.where, "\"" + text.contract + "\"");
  return std::vector{it->second.address};
}

}  // namespace

Result<EventBindings::Binding> EventBindings::parse_one(const settings::InstanceConfig& instance,
                                                        const settings::EventBinding& text) {
  Binding binding;
  auto contracts = contracts_of(instance, text);
  if (!contracts) return std::unexpected(contracts.error());
  binding.contracts = *std::move(contracts);
  auto event = abi::parse_event(text.signature);
  if (!event) return fail("event binding has a bad signature", text.where, event.error().text());
  binding.event = *std::move(event);
  const auto op = mirror::op_from_name(text.op);
  if (!op) return fail("event binding names an unknown operation", text.where, "\"" + text.op + "\"");
  binding.op = *op;
  const auto& fields = mirror::info(*op).fields;
  std::size_t bound = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto field = fields[i];
    const auto it = text.bind.find(std::string(field));
    if (it == text.bind.end() && i >= mirror::info(*op).required) {
      binding.sources.push_back({});
      continue;
    }
    ++bound;
    if (it == text.bind.end())
      return fail("event binding lacks a field", text.where, fmt::format("{}.{}", text.op, field));
    const Source source{parameter_named(binding.event, it->second), literal(it->second).value_or(0)};
    if (!source.parameter && (!literal(it->second) || wants_account(field))) {
      return fail("event binding names an unknown parameter", text.where,
                  fmt::format("{} = \"{}\"", field, it->second));
    }
    if (source.parameter && is_account(binding.event.inputs[*source.parameter]) != wants_account(field)) {
      return fail("event binding has the wrong type", text.where, fmt::format("{} = \"{}\"", field, it->second),
                  wants_account(field) ? "bind an address" : "bind an integer or a boolean");
    }
    binding.sources.push_back(source);
  }
  if (text.bind.size() != bound)
    return fail("event binding binds a field the operation does not have", text.where, text.op);
  return binding;
}

Result<EventBindings> EventBindings::parse(const settings::InstanceConfig& instance,
                                           const std::vector<settings::EventBinding>& bindings) {
  EventBindings all;
  for (const auto& text : bindings) {
    auto binding = parse_one(instance, text);
    if (!binding) return std::unexpected(binding.error());
    const auto topic = binding->event.topic0();
    all.by_topic_.emplace(topic, *std::move(binding));
  }
  return all;
}

Result<mirror::Operation> EventBindings::operation(const Binding& binding, const std::vector<abi::Value>& values,
                                                   const Log& log) {
  mirror::Operation operation{.code = binding.op, .args = {}, .block_num = log.block_num, .log_index = log.index};
  for (const auto& source : binding.sources) {
    if (!source.parameter) {
      operation.args.emplace_back(source.literal);
      continue;
    }
    const auto& type = binding.event.inputs[*source.parameter];
    auto value = to_mirror(type, values[*source.parameter]);
    if (!value) return fail("a value does not fit the mirror", {}, binding.event.name + "." + type.name);
    operation.args.push_back(*value);
  }
  return operation;
}

Result<std::vector<mirror::Operation>> EventBindings::decode(const Log& log) const {
  std::vector<mirror::Operation> operations;
  const auto [first, last] = by_topic_.equal_range(log.topic0());
  for (auto it = first; it != last; ++it) {
    const auto& binding = it->second;
    if (std::ranges::find(binding.contracts, log.address) == binding.contracts.end()) continue;
    const auto where = fmt::format("block {} log {}", log.block_num, log.index);
    const auto values = abi::decode_log(binding.event, log.topics, log.data);
    if (!values) return fail("event " + binding.event.canonical() + " does not decode", where, values.error().text());
    auto decoded = operation(binding, *values, log);
    if (!decoded) return fail("event " + binding.event.canonical() + " does not decode", where, decoded.error().text());
    operations.push_back(*std::move(decoded));
  }
  return operations;
}

}  // namespace lockstep::evm
