#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bindings.hpp"

namespace lockstep::evm {
namespace {

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
  const auto constants = constants_of(instance);
  if (!text.when.empty()) {
    auto when = When::parse(text.when, binding.event.inputs, constants);
    if (!when) return fail("event binding has a bad condition", text.where, when.error().text("when", text.when));
    binding.when = *std::move(when);
  }
  const auto& fields = mirror::info(*op).fields;
  std::size_t bound = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto field = fields[i];
    const auto it = text.bind.find(std::string(field));
    if (it == text.bind.end() && i >= mirror::info(*op).required) {
      binding.sources.emplace_back();
      continue;
    }
    ++bound;
    if (it == text.bind.end())
      return fail("event binding lacks a field", text.where, fmt::format("{}.{}", text.op, field));
    auto source = Bound::parse(it->second, binding.event.inputs, constants);
    if (!source) {
      const char* what = source.error().kind == BoundError::Kind::name   ? "event binding names an unknown parameter"
                         : source.error().kind == BoundError::Kind::type ? "event binding has the wrong type"
                                                                         : "event binding is no expression";
      return fail(what, text.where, source.error().text(std::string(field), it->second));
    }
    const bool names_market = field == "market" && source->is_account() && !instance.markets.empty();
    if (source->is_account() != mirror::is_account(field) && !names_market) {
      return fail(
          "event binding has the wrong type", text.where, fmt::format("{} = \"{}\"", field, it->second),
          mirror::is_account(field) ? "bind an address" : "bind an integer, a boolean, or an expression of them");
    }
    binding.sources.push_back(*std::move(source));
  }
  if (text.bind.size() != bound)
    return fail("event binding binds a field the operation does not have", text.where, text.op);
  return binding;
}

Result<EventBindings> EventBindings::parse(const settings::InstanceConfig& instance,
                                           const std::vector<settings::EventBinding>& bindings) {
  EventBindings all;
  for (const auto& [name, market] : instance.markets) all.markets_.emplace(market.address, market.id);
  for (const auto& text : bindings) {
    auto binding = parse_one(instance, text);
    if (!binding) return std::unexpected(binding.error());
    const auto topic = binding->event.topic0;
    all.by_topic_.emplace(topic, *std::move(binding));
  }
  return all;
}

Result<mirror::Operation> EventBindings::operation(const Binding& binding, const std::vector<abi::Value>& values,
                                                   const Log& log) const {
  mirror::Operation operation{.code = binding.op, .args = {}, .block_num = log.block_num, .log_index = log.index};
  for (std::size_t i = 0; i < binding.sources.size(); ++i) {
    auto value = binding.sources[i].value(values);
    if (!value) {
      return fail(
          value.error().what, {},
          fmt::format("{} of {}, {}", mirror::info(binding.op).fields[i], binding.event.name, value.error().why));
    }
    if (mirror::info(binding.op).fields[i] == "market") {
      if (const auto* address = std::get_if<Address>(&*value)) {
        const auto market = markets_.find(*address);
        if (market == markets_.end()) return fail("market is none of [instance.markets]", {}, to_hex(*address));
        *value = mirror::Int{market->second};
      }
    }
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
    const auto meant = binding.when.holds(*values);
    if (!meant) return fail("event " + binding.event.canonical() + " does not decode", where, meant.error().text());
    if (!*meant) continue;
    auto decoded = operation(binding, *values, log);
    if (!decoded) return fail("event " + binding.event.canonical() + " does not decode", where, decoded.error().text());
    operations.push_back(*std::move(decoded));
  }
  return operations;
}

}  // namespace lockstep::evm
