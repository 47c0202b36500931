#include "adapters/evm/compile_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bound.hpp"
#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::evm {

std::string join(std::span<const std::string_view> names) {
  std::string out;
  for (const auto name : names) out += (out.empty() ? "" : ", ") + std::string{name};
  return out.empty() ? "none" : out;
}

namespace {

using settings::EventBinding;
using settings::ViewBinding;

bool contains(std::span<const std::string_view> names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What bindings may name: of every instance that has contracts, since each must know it.
struct Known {
  Constants contracts;
  bool has_markets = false;
};

Known known_to_all(const settings::Protocol& protocol) {
  Known known;
  bool first = true;
  for (const auto& instance : protocol.instances) {
    if (instance.contracts.empty()) continue;  // a bare gate has no events
    if (first) known = {constants_of(instance), !instance.markets.empty()};
    std::erase_if(known.contracts, [&](const auto& one) { return !instance.contracts.contains(one.first); });
    known.has_markets = known.has_markets && !instance.markets.empty();
    first = false;
  }
  return known;
}

/// What is wrong with a bound value; `missing` says of an unknown name where it is missing.
void check_bound(const std::string& field, const std::string& source, const std::vector<abi::Type>& types,
                 const Known& known, const std::string& where, const std::string& missing, std::vector<Error>& errors) {
  const auto bound = Bound::parse(source, types, known.contracts);
  if (bound) {
    if (field == "market" && bound->is_account() && !known.has_markets)
      errors.push_back({fmt::format("market = \"{}\" is an address", source), where,
                        "a market of the mirror is a number",
                        "say in [instance.markets] which market each address is"});
    return;
  }
  const bool unknown = bound.error().kind == BoundError::Kind::name;
  errors.push_back({unknown ? fmt::format("{} \"{}\"", missing, bound.error().why) : "a binding is no expression",
                    where,
                    unknown && source == bound.error().why ? std::string{} : bound.error().text(field, source),
                    {}});
}

void check_when(const EventBinding& binding, const abi::Event& event, const Known& known, std::vector<Error>& errors) {
  if (binding.when.empty()) return;
  const auto when = When::parse(binding.when, event.inputs, known.contracts);
  if (when || when.error().kind == BoundError::Kind::syntax) return;  // syntax: said when the file was read
  const bool unknown = when.error().kind == BoundError::Kind::name;
  errors.push_back({unknown ? fmt::format("event {} has no parameter \"{}\", and no instance a contract of that name",
                                          event.canonical(), when.error().why)
                            : "a condition compares what cannot be compared",
                    binding.where,
                    when.error().text("when", binding.when),
                    {}});
}

void check_event(const EventBinding& binding, const Known& known, std::vector<Error>& errors) {
  const auto event = abi::parse_event(binding.signature);
  if (!event)
    errors.push_back(
        {"event signature \"" + binding.signature + "\" does not parse", binding.where, event.error().text(), {}});
  const auto op = mirror::op_from_name(binding.op);
  if (!op) errors.push_back({"mirror operation \"" + binding.op + "\" is not known", binding.where, {}, {}});
  if (event) check_when(binding, *event, known, errors);
  if (!event || !op) return;
  const auto fields = mirror::info(*op).fields;
  const auto required = fields.first(mirror::info(*op).required);
  for (const auto field : required) {
    if (binding.bind.contains(std::string{field})) continue;
    errors.push_back({fmt::format("field {} of {} is not bound", field, binding.op),
                      binding.where,
                      {},
                      "bind all of: " + join(required)});
  }
  for (const auto& [field, source] : binding.bind) {
    if (!contains(fields, field)) {
      errors.push_back({fmt::format("{} has no field \"{}\"", binding.op, field),
                        binding.where,
                        {},
                        "its fields are: " + join(fields)});
    } else {
      check_bound(field, source, event->inputs, known, binding.where,
                  fmt::format("event {} has no parameter", event->canonical()), errors);
    }
  }
}

/// Of a view whose only output is a tuple, the tuple's members.
const std::vector<abi::Type>& outputs_of(const abi::Function& view) {
  const bool one_tuple = view.outputs.size() == 1 && view.outputs[0].kind == abi::Kind::tuple;
  return one_tuple ? view.outputs[0].components : view.outputs;
}

/// Parameters that are no key parts are given in args; nothing else is.
void check_arguments(const ViewBinding& binding, const abi::Function& view, const Known& known,
                     std::vector<Error>& errors) {
  for (const auto& [name, text] : binding.args) {
    const auto input = std::ranges::find(view.inputs, name, &abi::Type::name);
    if (input == view.inputs.end()) {
      errors.push_back({fmt::format("view {} has no parameter \"{}\"", view.canonical(), name),
                        binding.where,
                        "args give it a value",
                        {}});
      continue;
    }
    if (input->kind == abi::Kind::address && known.contracts.contains(text)) continue;
    if (const auto value = abi::parse_value(*input, text); !value)
      errors.push_back({fmt::format("args.{} = \"{}\" is no {}", name, text, input->canonical()),
                        binding.where,
                        value.error().text(),
                        {}});
  }
}

/// Whom the view is asked of: a contract, or the market that the row is about.
void check_target(const ViewBinding& binding, const mirror::TableInfo& info, const Known& known,
                  std::vector<Error>& errors) {
  const bool at_market = !binding.at.empty();
  if (at_market == !binding.contract.empty())
    errors.push_back({at_market ? "contract and at are both given" : "neither contract nor at is given",
                      binding.where,
                      "a view is asked of one contract, or of the row's market",
                      {}});
  const bool has_market = contains(info.keys, "market");
  if (at_market && !has_market)
    errors.push_back({fmt::format("a row of table {} has no market to ask", info.name), binding.where, {}, {}});
  if (at_market && has_market && !known.has_markets)
    errors.push_back({"a market has no address to ask", binding.where, {}, "say them in [instance.markets]"});
}

void check_view(const ViewBinding& binding, const Known& known, std::vector<Error>& errors) {
  const auto view = abi::parse_function(binding.signature);
  if (!view)
    errors.push_back(
        {"view signature \"" + binding.signature + "\" does not parse", binding.where, view.error().text(), {}});
  const auto table = mirror::table_from_name(binding.table);
  if (!table)
    errors.push_back({"mirror table \"" + binding.table + "\" is not known",
                      binding.where,
                      {},
                      "use global, market, account, position, order, series, pool_terms, pool, pool_account, "
                      "pool_position, board, strike, holding or option_terms"});
  if (!view || !table) return;
  const auto& info = mirror::info(*table);
  check_target(binding, info, known, errors);
  check_arguments(binding, *view, known, errors);
  std::size_t keys = binding.at.empty() ? 0 : 1;
  for (const auto& input : view->inputs) {
    if (binding.args.contains(input.name)) continue;
    ++keys;
    if (input.name == "market" && input.kind == abi::Kind::address && !known.has_markets)
      errors.push_back({fmt::format("parameter \"market\" of {} is an address", view->canonical()), binding.where,
                        "a market of the mirror is a number",
                        "say in [instance.markets] which market each address is"});
    if (contains(info.keys, input.name)) continue;
    errors.push_back(
        {fmt::format("parameter \"{}\" of {} is no key part of table {}", input.name, view->canonical(), info.name),
         binding.where,
         {},
         "give it a value in args, or name it after a key part: " + join(info.keys)});
  }
  if (keys < info.keys.size()) {
    errors.push_back({fmt::format("{} takes too few parameters for table {}", view->canonical(), info.name),
                      binding.where,
                      {},
                      "its key parts are: " + join(info.keys)});
  }
  for (const auto& [field, source] : binding.bind) {
    if (!contains(info.fields, field)) {
      errors.push_back({fmt::format("table {} has no field \"{}\"", info.name, field),
                        binding.where,
                        {},
                        "its fields are: " + join(info.fields)});
    } else {
      check_bound(field, source, outputs_of(*view), known, binding.where,
                  fmt::format("view {} returns nothing named", view->canonical()), errors);
    }
  }
}

void check_contract(const settings::Protocol& protocol, const std::string& contract, const std::string& where,
                    std::vector<Error>& errors) {
  if (contract.empty()) return;
  for (const auto& instance : protocol.instances) {
    if (instance.contracts.empty() || instance.contracts.contains(contract)) continue;  // a bare gate has no events
    errors.push_back({fmt::format("contract \"{}\" is not known on {}", contract, instance.chain),
                      where,
                      {},
                      "add it to [instance.contracts]"});
  }
}

}  // namespace

std::vector<Error> check_protocol(const settings::Protocol& protocol) {
  std::vector<Error> errors;
  const Known known = known_to_all(protocol);
  for (const auto& event : protocol.events) {
    check_event(event, known, errors);
    check_contract(protocol, event.contract, event.where, errors);
  }
  for (const auto& view : protocol.views) {
    check_view(view, known, errors);
    check_contract(protocol, view.contract, view.where, errors);
  }
  return errors;
}

}  // namespace lockstep::evm
