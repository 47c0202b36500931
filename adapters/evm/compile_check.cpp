#include "adapters/evm/compile_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bound.hpp"
#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::evm {
namespace {

using settings::EventBinding;
using settings::ViewBinding;

std::string join(std::span<const std::string_view> names) {
  std::string out;
  for (const auto name : names) out += (out.empty() ? "" : ", ") + std::string{name};
  return out;
}

bool contains(std::span<const std::string_view> names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What is wrong with a bound value; `missing` says of an unknown name where it is missing.
void check_bound(const std::string& field, const std::string& source, const std::vector<abi::Type>& types,
                 const std::string& where, const std::string& missing, std::vector<Error>& errors) {
  const auto bound = Bound::parse(source, types);
  if (bound) return;
  const bool unknown = bound.error().kind == BoundError::Kind::name;
  errors.push_back({unknown ? fmt::format("{} \"{}\"", missing, bound.error().why) : "a binding is no expression",
                    where,
                    unknown && source == bound.error().why ? std::string{} : bound.error().text(field, source),
                    {}});
}

void check_event(const EventBinding& binding, std::vector<Error>& errors) {
  const auto event = abi::parse_event(binding.signature);
  if (!event)
    errors.push_back(
        {"event signature \"" + binding.signature + "\" does not parse", binding.where, event.error().text(), {}});
  const auto op = mirror::op_from_name(binding.op);
  if (!op) errors.push_back({"mirror operation \"" + binding.op + "\" is not known", binding.where, {}, {}});
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
      check_bound(field, source, event->inputs, binding.where,
                  fmt::format("event {} has no parameter", event->canonical()), errors);
    }
  }
}

/// Of a view whose only output is a tuple, the tuple's members.
const std::vector<abi::Type>& outputs_of(const abi::Function& view) {
  const bool one_tuple = view.outputs.size() == 1 && view.outputs[0].kind == abi::Kind::tuple;
  return one_tuple ? view.outputs[0].components : view.outputs;
}

void check_view(const ViewBinding& binding, std::vector<Error>& errors) {
  const auto view = abi::parse_function(binding.signature);
  if (!view)
    errors.push_back(
        {"view signature \"" + binding.signature + "\" does not parse", binding.where, view.error().text(), {}});
  const auto table = mirror::table_from_name(binding.table);
  if (!table)
    errors.push_back({"mirror table \"" + binding.table + "\" is not known",
                      binding.where,
                      {},
                      "use global, market, account, position or order"});
  if (!view || !table) return;
  const auto& info = mirror::info(*table);
  for (const auto& input : view->inputs) {
    if (contains(info.keys, input.name)) continue;
    errors.push_back(
        {fmt::format("parameter \"{}\" of {} is no key part of table {}", input.name, view->canonical(), info.name),
         binding.where,
         {},
         "name each parameter after a key part: " + (info.keys.empty() ? std::string{"none"} : join(info.keys))});
  }
  if (view->inputs.size() < info.keys.size()) {
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
      check_bound(field, source, outputs_of(*view), binding.where,
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
  for (const auto& event : protocol.events) {
    check_event(event, errors);
    check_contract(protocol, event.contract, event.where, errors);
  }
  for (const auto& view : protocol.views) {
    check_view(view, errors);
    check_contract(protocol, view.contract, view.where, errors);
  }
  return errors;
}

}  // namespace lockstep::evm
