#include <fmt/format.h>

#include "adapters/evm/compile_parts.hpp"

namespace lockstep::evm {
namespace {

using settings::CallText;
using settings::ReadText;

std::string known_contracts(const settings::InstanceConfig& instance) {
  std::string names;
  for (const auto& [name, ref] : instance.contracts) names += (names.empty() ? "" : ", ") + name;
  return names;
}

struct Encoded {
  abi::Function function;
  std::vector<abi::Value> arguments;
  Bytes data;
};

std::optional<Encoded> encode_text(InstanceContext& context, const std::string& signature,
                                   const std::vector<std::string>& args, const std::string& where) {
  auto function = abi::parse_function(signature);
  if (!function) {
    context.errors.push_back({"signature \"" + signature + "\" does not parse", where, function.error().text(), {}});
    return std::nullopt;
  }
  if (function->inputs.size() != args.size()) {
    context.errors.push_back({fmt::format("{} takes {} arguments, {} are given", function->canonical(),
                                          function->inputs.size(), args.size()),
                              where,
                              {},
                              "give one argument per parameter, in order"});
    return std::nullopt;
  }
  Encoded encoded;
  bool ok = true;
  for (std::size_t i = 0; i < args.size(); ++i) {
    auto value = abi::parse_value(function->inputs[i], args[i]);
    if (!value) {
      context.errors.push_back(
          {fmt::format("argument {} of {} is not a {}", i + 1, function->canonical(), function->inputs[i].canonical()),
           where,
           value.error().text(),
           {}});
      ok = false;
      continue;
    }
    encoded.arguments.push_back(std::move(*value));
  }
  if (!ok) return std::nullopt;
  encoded.data = abi::encode_call(*function, encoded.arguments);
  encoded.function = std::move(*function);
  return encoded;
}

/// Words of the return data in order, where they are static; nothing marks the place of an offset or beyond.
void flatten(const abi::Type& type, std::vector<std::optional<abi::Type>>& words) {
  if (type.is_dynamic()) {
    words.emplace_back(std::nullopt);
  } else if (type.kind == abi::Kind::tuple) {
    for (const auto& member : type.components) flatten(member, words);
  } else if (type.kind == abi::Kind::array) {
    for (std::size_t i = 0; i < type.length && words.size() <= UINT16_MAX; ++i) flatten(type.components.front(), words);
  } else {
    words.emplace_back(type);
  }
}

std::optional<abi::Type> word_type(InstanceContext& context, const abi::Function& function, std::uint32_t word,
                                   const std::string& where) {
  std::vector<std::optional<abi::Type>> words;
  for (const auto& output : function.outputs) flatten(output, words);
  if (word < words.size() && words[word]) return words[word];
  context.errors.push_back({fmt::format("{} does not return a plain word number {}", function.canonical(), word), where,
                            "the gate compares one 32-byte word",
                            "write the return types, as in \"version()(uint256)\", and choose `word` among them"});
  return std::nullopt;
}

Compare compare_from(const std::string& text) {
  if (text == "equals") return Compare::equal;
  if (text == "not_zero") return Compare::not_zero;
  if (text == "at_least") return Compare::at_least;
  if (text == "at_most") return Compare::at_most;
  return Compare::none;
}

std::optional<Hash32> operand_of(InstanceContext& context, const abi::Type& type, Compare compare,
                                 const ReadText& text) {
  if (compare == Compare::not_zero) return Hash32{};
  const bool ordered = compare == Compare::at_least || compare == Compare::at_most;
  if (ordered && type.kind != abi::Kind::uint_) {
    context.errors.push_back({text.compare + " cannot compare a " + type.canonical(), text.where,
                              "the gate compares words as unsigned", "use equals"});
    return std::nullopt;
  }
  auto value = abi::parse_value(type, text.operand);
  if (!value) {
    context.errors.push_back(
        {"\"" + text.operand + "\" is not a " + type.canonical(), text.where, value.error().text(), {}});
    return std::nullopt;
  }
  const auto encoded = abi::encode({type}, {*value});
  Hash32 operand;
  std::copy_n(encoded.begin(), std::min(encoded.size(), operand.bytes.size()), operand.bytes.begin());
  return operand;
}

}  // namespace

std::optional<Address> resolve_contract(InstanceContext& context, const std::string& name, const std::string& where) {
  const auto& instance = context.instance;
  if (const auto it = instance.contracts.find(name); it != instance.contracts.end()) return it->second.address;
  if (name == "gate") return instance.gate;
  if (name == "timelock") return instance.timelock.address;
  if (name == "governor" && instance.governor) return instance.governor->address;
  if (name == "upgrader" && instance.upgrader) return instance.upgrader->address;
  if (const auto address = fixed_from_hex<Address>(name); address && !address->is_zero()) return address;
  context.errors.push_back({"contract \"" + name + "\" is not known on " + instance.chain,
                            where,
                            {},
                            "name one of: " + known_contracts(instance) + "; or write a 0x address"});
  return std::nullopt;
}

std::vector<ResolvedCall> resolve_calls(InstanceContext& context, const std::vector<CallText>& calls) {
  std::vector<ResolvedCall> resolved;
  for (const auto& text : calls) {
    const auto target = resolve_contract(context, text.contract, text.where);
    auto encoded = encode_text(context, text.signature, text.args, text.where);
    const auto value = parse_uint256(text.value);
    if (!value) context.errors.push_back({"value \"" + text.value + "\" is not an amount of wei", text.where, {}, {}});
    if (!target || !encoded || !value) continue;
    resolved.push_back({{*target, *value, std::move(encoded->data)},
                        std::move(encoded->function),
                        std::move(encoded->arguments),
                        text.where});
  }
  return resolved;
}

std::vector<Call> plain(const std::vector<ResolvedCall>& calls) {
  std::vector<Call> out;
  out.reserve(calls.size());
  for (const auto& call : calls) out.push_back(call.call);
  return out;
}

std::vector<Read> resolve_reads(InstanceContext& context, const std::vector<ReadText>& reads) {
  std::vector<Read> resolved;
  for (const auto& text : reads) {
    const auto target = resolve_contract(context, text.contract, text.where);
    auto encoded = encode_text(context, text.signature, text.args, text.where);
    if (!target || !encoded) continue;
    const auto compare = compare_from(text.compare);
    if (compare == Compare::none) {
      context.errors.push_back({"comparison \"" + text.compare + "\" is not known",
                                text.where,
                                {},
                                "use equals, not_zero, at_least or at_most"});
      continue;
    }
    const auto type = word_type(context, encoded->function, text.word, text.where);
    if (!type) continue;
    if (const auto operand = operand_of(context, *type, compare, text)) {
      resolved.push_back({*target, std::move(encoded->data), static_cast<std::uint16_t>(text.word), compare, *operand});
    }
  }
  return resolved;
}

std::vector<OracleCheck> resolve_oracles(InstanceContext& context) {
  std::vector<OracleCheck> resolved;
  for (const auto& text : context.wanted.oracles) {
    const std::string where = context.document.file + ": policy.oracle";
    const auto target = resolve_contract(context, text.contract, where);
    auto encoded = encode_text(context, text.signature, text.args, where);
    if (!target || !encoded) continue;
    const auto type = word_type(context, encoded->function, text.word, where);
    if (!type) continue;
    if (type->kind != abi::Kind::uint_) {
      context.errors.push_back({encoded->function.canonical() + " does not return a time",
                                where,
                                "word " + std::to_string(text.word) + " is a " + type->canonical(),
                                {}});
      continue;
    }
    resolved.push_back({*target, std::move(encoded->data), static_cast<std::uint16_t>(text.word)});
  }
  return resolved;
}

}  // namespace lockstep::evm
