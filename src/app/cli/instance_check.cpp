#include "app/cli/instance_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/check.hpp"
#include "adapters/evm/diamond.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::app {
namespace {

using evm::RpcAnswer;
using evm::RpcCall;

// ERC-1967: keccak256("eip1967.proxy.admin") - 1
constexpr const char* admin_slot = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

Bytes getter(const char* signature) {
  const auto selector = evm::abi::parse_function(signature).value().selector();
  return {selector.begin(), selector.end()};
}

std::optional<Hash32> word(const RpcAnswer& answer) {
  const auto bytes = evm::as_bytes(answer);
  return bytes ? evm::word_of(*bytes, 0) : std::nullopt;
}

std::optional<Address> address(const RpcAnswer& answer) {
  const auto found = word(answer);
  if (!found) return std::nullopt;
  return evm::to_address(from_word(*found));
}

/// Questions that are put in one batch, and what is made of each answer.
struct Checklist {
  const InstanceContext& context;
  const Hash32& block;
  Findings findings = {};
  std::vector<RpcCall> calls = {};
  std::vector<std::function<void(std::span<const RpcAnswer>)>> judges = {};
  std::vector<std::size_t> counts = {};

  void ask(std::vector<RpcCall> questions, std::function<void(std::span<const RpcAnswer>)> judge) {
    counts.push_back(questions.size());
    std::ranges::move(questions, std::back_inserter(calls));
    judges.push_back(std::move(judge));
  }
  RpcCall call(const Address& to, const char* signature) const { return evm::call_at(to, getter(signature), block); }
  RpcCall slot(const Address& of, const std::string& at) const {
    return {"eth_getStorageAt", {to_hex(of), at, evm::block_id(block)}};
  }

  void add(const char* check, Verdict verdict, std::string detail, std::string why = {}, std::string next = {}) {
    findings.push_back({context.protocol.name + " on " + context.instance.chain, check, verdict, std::move(detail),
                        verdict == Verdict::ok ? "" : context.protocol.file.string(), std::move(why), std::move(next)});
  }
  void compare(const char* check, bool same, const std::string& detail, const char* why, const char* next) {
    add(check, same ? Verdict::ok : Verdict::fail, detail, same ? "" : why, same ? "" : next);
  }

  void gate();
  void direct();
  void timelock();
  void contract(const std::string& name, const settings::ContractRef& ref);
};

void Checklist::gate() {
  const auto at = context.instance.gate;
  ask({evm::code_at(at, block), evm::call_at(at, evm::status_calldata(), block), call(at, "timelock()(address)"),
       call(at, "homeChainId()(uint256)"), call(at, "homeGate()(address)")},
      [this, at](std::span<const RpcAnswer> answers) {
        const auto code = evm::as_bytes(answers[0]);
        const auto status = evm::as_bytes(answers[1]);
        const auto view = status ? evm::decode_status(*status, {}) : std::unexpected(status.error());
        const auto owner = address(answers[2]), home = address(answers[4]);
        const auto chain = word(answers[3]);
        if (!view || !owner || !home || !chain) {
          const bool none = code && code->empty();
          add("gate", Verdict::fail, fmt::format("{} is no LockstepGate", to_hex(at)),
              none ? "there is no code" : "its code does not answer as one",
              "check the gate's address in the protocol file");
          return;
        }
        add("gate", Verdict::ok,
            fmt::format("{} is {}{} in epoch {}", to_hex(at), coordinator::to_text(view->phase),
                        view->halted ? " and halted" : "", view->epoch));
        const auto& file = context.instance.timelock.address;
        compare("gate-timelock", *owner == file, fmt::format("{}, the file says {}", to_hex(*owner), to_hex(file)),
                "another account may arm this gate", "correct timelock.address");
        const auto& set = context.protocol.operators;
        auto sorted = set.addresses;
        std::ranges::sort(sorted);
        const auto wanted = evm::operator_set_hash(sorted, set.threshold, set.faulty);
        compare("gate-operators", view->operator_set == wanted,
                fmt::format("{} of {} operators, set {}", set.threshold, sorted.size(), to_hex(view->operator_set)),
                "the gate has another operator set than the protocol file",
                "correct [operators], or have governance give the gate this set");
        const auto& instances = context.protocol.instances;
        const auto of_home =
            std::ranges::find_if(instances, [&](const auto& one) { return one.chain == context.protocol.home; });
        const bool same =
            *home == of_home->gate && (context.home_chain_id == 0 || from_word(*chain) == context.home_chain_id);
        compare("gate-home", same, fmt::format("gate {} on chain id {}", to_hex(*home), to_decimal(from_word(*chain))),
                "decisions would be looked for elsewhere", "correct home or its gate in the protocol file");
      });
}

void Checklist::direct() {
  add("gate", Verdict::warn, "none: direct mode by account " + to_hex(context.instance.gate), "assurance: degraded",
      "docs/direct.md says what is lost; readiness of a plan looks at the account's rights");
}

void Checklist::timelock() {
  static const auto executor = crypto::keccak256(std::string_view("EXECUTOR_ROLE"));
  static const auto has_role = evm::abi::parse_function("hasRole(bytes32,address)(bool)").value();
  const auto at = context.instance.timelock.address;
  if (const auto& kind = context.instance.timelock.kind; kind != "oz") {
    add("timelock", Verdict::skipped, to_hex(at) + " of kind " + kind,
        "its configuration is read by a plan's readiness");
    return;
  }
  const auto open = evm::abi::encode_call(has_role, {evm::abi::of(executor), evm::abi::of(Address{})});
  ask({call(at, "getMinDelay()(uint256)"), evm::call_at(at, open, block)},
      [this, at](std::span<const RpcAnswer> answers) {
        const auto delay = word(answers[0]), anyone = word(answers[1]);
        if (!delay || !anyone) {
          add("timelock", Verdict::fail, to_hex(at) + " is no OpenZeppelin TimelockController",
              "getMinDelay() or hasRole() is not answered", "check timelock.address and timelock.kind");
          return;
        }
        add("timelock", Verdict::ok, fmt::format("{}, delay {} s", to_hex(at), to_decimal(from_word(*delay))));
        const bool alone = context.instance.direct.has_value();
        if (!anyone->is_zero())
          add("timelock-executor", alone ? Verdict::fail : Verdict::warn, "anyone may execute what is ripe",
              "EXECUTOR_ROLE is open",
              alone ? "in direct mode only the account may hold it"
                    : "grant it to named accounts; with a gate that owns the upgrade this only decides who may arm");
      });
}

void Checklist::contract(const std::string& name, const settings::ContractRef& ref) {
  const bool proxy = ref.proxy == "erc1967";
  std::vector<RpcCall> questions{evm::code_at(ref.address, block)};
  if (proxy) {
    questions.push_back(slot(ref.address, to_hex(evm::erc1967_implementation_slot)));
    questions.push_back(slot(ref.address, admin_slot));
    questions.push_back(call(ref.address, "owner()(address)"));
  }
  ask(std::move(questions), [this, name, ref, proxy](std::span<const RpcAnswer> answers) {
    const auto code = evm::as_bytes(answers[0]);
    if (!code || code->empty()) {
      add("contract", Verdict::fail, fmt::format("{} at {} has no code", name, to_hex(ref.address)), {},
          "check its address in the protocol file");
      return;
    }
    auto detail =
        fmt::format("{} at {}, code {}", name, to_hex(ref.address), to_hex(crypto::keccak256(BytesView{*code})));
    if (!proxy) return add("contract", Verdict::ok, detail);
    const auto implementation = address(answers[1]), admin = address(answers[2]), owner = address(answers[3]);
    if (!implementation || implementation->is_zero()) {
      add("contract", Verdict::fail, name + " is no ERC-1967 proxy", "its implementation slot is zero",
          "write proxy = \"none\", or correct the address");
      return;
    }
    add("contract", Verdict::ok, detail + ", implementation " + to_hex(*implementation));
    const bool by_admin = admin && !admin->is_zero();
    const auto who = by_admin ? admin : owner;
    const auto& upgrader = context.instance.upgrader;
    const bool gated = who == context.instance.gate || (upgrader && who == upgrader->address);
    add("upgrade-authority", gated ? Verdict::ok : Verdict::warn,
        fmt::format("{}: {} {}", name, by_admin ? "proxy admin" : "owner", who ? to_hex(*who) : "is not told"),
        gated ? "" : "it is not the gate itself", gated ? "" : "check that the gate owns it; readiness of a plan will");
  });
}

/// Which versions plans name; their facets are only known once the diamonds have been asked.
Result<void> add_diamonds(Checklist& list, evm::EndpointPool& pool) {
  evm::CompiledInstance asked;
  for (const auto& [name, ref] : list.context.instance.contracts) {
    if (ref.proxy == "diamond") asked.diamonds.push_back({name, ref.address, {}, {}});
  }
  const auto seen = evm::diamond::read(pool, asked, list.block);
  if (!seen) return std::unexpected(seen.error());
  for (std::size_t i = 0; i < seen->size(); ++i) {
    const auto& [facets, version] = (*seen)[i];
    const auto& name = asked.diamonds[i].contract;
    if (facets.empty())
      list.add("diamond", Verdict::fail, name + " does not answer facets()", "it is declared to be a diamond",
               "write another proxy, or correct the address");
    else
      list.add("diamond", Verdict::ok,
               fmt::format("{}: {} functions of {} facets, version {}", name, facets.size(),
                           evm::diamond::accounts_of(facets).size(), to_hex(version)));
  }
  return {};
}

}  // namespace

Result<Findings> check_instance(evm::EndpointPool& pool, const InstanceContext& context, const Hash32& block) {
  Checklist list{context, block};
  if (context.instance.direct)
    list.direct();
  else
    list.gate();
  list.timelock();
  if (context.deep) {
    for (const auto& [name, ref] : context.instance.contracts) list.contract(name, ref);
  }
  const auto answers = evm::agreed_all(pool, list.calls);
  if (!answers) return std::unexpected(answers.error());
  for (const auto& answer : *answers) {
    if (!answer && answer.error().kind != transport::FailureKind::rpc)
      return std::unexpected(evm::rpc_error("the chain is not readable", answer.error()));
  }
  std::size_t from = 0;
  for (std::size_t i = 0; i < list.judges.size(); ++i) {
    list.judges[i](std::span<const RpcAnswer>(*answers).subspan(from, list.counts[i]));
    from += list.counts[i];
  }
  if (context.deep) {
    if (auto done = add_diamonds(list, pool); !done) return std::unexpected(done.error());
  }
  return std::move(list.findings);
}

}  // namespace lockstep::app
