#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/evm/render.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

std::string str(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "none" : value.dump();
}

std::string list(const json& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + str(name);
  return out.empty() ? "nothing" : out;
}

std::string call_text(const json& call) {
  std::string arguments;
  for (const auto& argument : call.at("arguments")) {
    const auto name = str(argument.at("name"));
    arguments += fmt::format("\n   - {}{}: `{}`", str(argument.at("type")), name.empty() ? "" : " " + name,
                             str(argument.at("value")));
  }
  return fmt::format("`{}`{}", str(call.at("function")), arguments);
}

void runs(std::string& page, const json& call) {
  for (const auto& run : call.value("runs", json::array())) {
    const bool known = !run.at("function").is_null();
    page += fmt::format("   - which runs, on `{}`, {} wei: {}\n", str(run.at("target")), str(run.at("value_wei")),
                        known ? call_text(run) : "`" + str(run.at("data")) + "`, a call that is not known here");
  }
}

void calls(std::string& page, const char* title, const json& list_of_calls) {
  if (list_of_calls.empty()) return;
  page += fmt::format("\n### {}\n", title);
  std::size_t number = 0;
  for (const auto& call : list_of_calls) {
    page += fmt::format("\n{}. on {} `{}`, {} wei: {}\n   - calldata: `{}`\n", ++number, str(call.at("contract")),
                        str(call.at("target")), str(call.at("value_wei")), call_text(call), str(call.at("data")));
    runs(page, call);
  }
}

void reads(std::string& page, const char* title, const json& list_of_reads) {
  if (list_of_reads.empty()) return;
  page += fmt::format("\n### {}\n\n", title);
  for (const auto& read : list_of_reads) {
    std::string arguments;
    for (const auto& argument : read.at("arguments"))
      arguments += (arguments.empty() ? "" : ", ") + str(argument.at("value"));
    page += fmt::format("- `{}` with ({}) on {} `{}`, word {}: {} {} (`{}`)\n", str(read.at("function")), arguments,
                        str(read.at("contract")), str(read.at("target")), str(read.at("word")), str(read.at("compare")),
                        str(read.at("operand")), str(read.at("operand_word")));
  }
}

void changes(std::string& page, const json& instance) {
  page += "\n### What may change\n\n";
  if (!instance.at("switches").get<bool>())
    page += "- nothing is switched here: this instance is halted and released\n";
  if (!instance.at("revocable").get<bool>())
    page += "- **once switched, this instance cannot be taken back**: it switches first, and the others follow it\n";
  for (const auto& account : instance.at("unchanged_contracts"))
    page += fmt::format("- `{}` is watched: none of its storage may change\n", str(account));
  for (const auto& p : instance.at("proxies")) {
    page += fmt::format("- {} `{}`: implementation `{}` → `{}`\n  - code hash `{}` → `{}`\n", str(p.at("contract")),
                        str(p.at("proxy")), str(p.at("old_implementation")), str(p.at("new_implementation")),
                        str(p.at("old_codehash")), str(p.at("new_codehash")));
  }
  for (const auto& d : instance.at("diamonds")) {
    page += fmt::format("- {} `{}`, a diamond: version `{}` → `{}`\n", str(d.at("contract")), str(d.at("diamond")),
                        str(d.at("old_version")), str(d.at("new_version")));
  }
  for (const auto& w : instance.at("storage_writes")) {
    page += fmt::format("- storage of `{}`, {}: slot `{}` becomes `{}`\n", str(w.at("account")), str(w.at("name")),
                        str(w.at("slot")), str(w.at("becomes")));
  }
  for (const auto& d : instance.at("parameter_changes")) {
    page +=
        fmt::format("- parameter {} of {} becomes {}\n", str(d.at("field")), str(d.at("row")), str(d.at("becomes")));
  }
  page += "- nothing else: any other storage slot or mirror field that differs is a vote for OLD\n";
}

void instance_section(std::string& page, const json& i) {
  page += fmt::format(
      "\n## {} (chain id {})\n\n| | |\n|---|---|\n| {} | `{}` |\n| timelock | `{}` |\n| governor | `{}` |\n| leaf "
      "hash | `{}` |\n",
      str(i.at("chain")), str(i.at("chain_id")), i.contains("direct") ? "account in the gate's place" : "gate",
      str(i.at("gate")), str(i.at("timelock")), str(i.at("governor")), str(i.at("leaf_hash")));
  if (const auto direct = i.find("direct"); direct != i.end())
    page += fmt::format("| switch operation | `{}` |\n| rollback operation | `{}` |\n",
                        str(direct->at("switch_operation")), str(direct->at("rollback_operation")));
  changes(page, i);
  calls(page, "Halt calls", i.at("halt_calls"));
  calls(page, "Switch calls", i.at("switch_calls"));
  calls(page, "Rollback calls", i.at("rollback_calls"));
  calls(page, "Resume calls", i.at("resume_calls"));
  reads(page, "Must hold after the switch", i.at("new_reads"));
  reads(page, "Must hold before the switch and after a rollback", i.at("old_reads"));
  if (i.at("oracles").empty()) {
    page += "\n### Prices\n\n- **no price is checked before trading reopens**\n";
    return;
  }
  page += "\n### Prices that must be fresh before trading reopens\n\n";
  for (const auto& oracle : i.at("oracles")) {
    page += fmt::format("- `{}` on `{}`, word {}\n", str(oracle.at("function")), str(oracle.at("target")),
                        str(oracle.at("word")));
  }
}

std::string network_rows(const json& network) {
  if (network.is_null()) return {};
  const auto& block = network.at("activation_block");
  const auto bound = [&](const char* key) {
    return network.at(key).is_null() ? std::string("no bound") : "at most " + str(network.at(key)) + " s";
  };
  return fmt::format(
      "| **the base layer of {} changes** | {} |\n| mean block interval after it | {} |\n| finality lag after it | {} "
      "|\n| maintenance margin after it | {} |\n",
      str(network.at("chain")), block.is_null() ? str(network.at("activation_time")) : "at block " + str(block),
      bound("block_interval_max_s"), bound("finality_lag_max_s"),
      network.at("margin_deviations").is_null()
          ? std::string("not judged")
          : "covers " + str(network.at("margin_deviations")) + " standard deviations of the price until one can act");
}

}  // namespace

std::string render_markdown(const CompiledPlan& plan, const settings::PlanDocument& document) {
  const auto page = render_json(plan, document);
  const auto& window = page.at("window");
  const auto& operators = page.at("operators");
  const auto& policy = page.at("policy");
  std::string out =
      fmt::format("# {} {}: epoch {}, version {} → {}\n\n", str(page.at("protocol")), str(page.at("name")),
                  str(page.at("epoch")), str(page.at("from_version")), str(page.at("to_version")));
  if (page.at("assurance") == "degraded")
    out +=
        "**Assurance: degraded.** No gate: pauses are transactions of one account, the decision is one operator's, and "
        "no chain reopens by itself (docs/direct.md).\n\n";
  out += fmt::format(
      "| | |\n|---|---|\n| **plan hash** | `{}` |\n| document hash | `{}` |\n| leaves root | `{}` |\n| home | {} |\n",
      str(page.at("plan_hash")), str(page.at("document_hash")), str(page.at("leaves_root")), str(page.at("home")));
  out +=
      fmt::format("| armed by | {} |\n| **halt at** | {} |\n| switch by | {} |\n| decide by | {} |\n| soak | {} s |\n",
                  str(window.at("arm_by")), str(window.at("halt_at")), str(window.at("switch_by")),
                  str(window.at("decide_by")), str(window.at("soak_s")));
  out += fmt::format(
      "| allowed while halted | {} |\n| oldest price | {} s |\n| newly liquidatable accounts | at most {} |\n",
      list(policy.at("allowed_while_halted")), str(policy.at("oracle_age_max_s")),
      str(policy.at("newly_liquidatable_max")));
  for (const auto& one : policy.at("tolerances"))
    out += fmt::format("| tolerated: {} {} | {} of a row, {} of all rows together |\n", str(one.at("table")),
                       str(one.at("field")), str(one.at("at_most")),
                       one.at("sum_at_most").is_null() ? "any sum" : str(one.at("sum_at_most")));
  if (policy.at("halt_on_interference").get<bool>())
    out += "| somebody touches an instance from outside | every operator signs HALT_NOW |\n";
  out += network_rows(page.at("network"));
  for (const auto& stage : policy.at("resume"))
    out += fmt::format("| {} s after the close | {} |\n", str(stage.at("after_s")), list(stage.at("allow")));
  out += fmt::format("| operators | {} of {}, {} faulty tolerated, set `{}` |\n", str(operators.at("threshold")),
                     operators.at("addresses").size(), str(operators.at("faulty")), str(operators.at("hash")));
  for (const auto& address : operators.at("addresses")) out += fmt::format("| | `{}` |\n", str(address));
  for (const auto& instance : page.at("instances")) instance_section(out, instance);
  return out;
}

}  // namespace lockstep::evm
