// Every way of giving an instance other code or other powers, each carried to its release and each rolled back, against
// OpenZeppelin's contracts from npm. UUPS is what upgrade_test.cpp and every scenario use.
#include "adapters/evm/direct/operation.hpp"
#include "adapters/evm/prove.hpp"
#include "crypto/keccak256.hpp"
#include "tests/e2e/adapter/operator.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::of;

/// What a plan switches, as the chain shows it.
struct Change {
  evm::CompiledPlan plan;
  std::function<std::string()> shown;
  std::string before, after;
};

class Switches : public ::testing::Test {
 protected:
  void use(Proxy kind) {
    world_ = std::make_unique<World>(kind);
    operator_ = std::make_unique<Operator>(*world_, "op");
  }
  std::string slot(const Address& account, const Hash32& slot) {
    return world_->anvil.rpc("eth_getStorageAt", {to_hex(account), to_hex(slot), "latest"}).get<std::string>();
  }
  bool has_role(const Address& contract, const Hash32& role, const Address& account) {
    const auto data = call("hasRole(bytes32,address)", {of(role), of(account)});
    const auto answer =
        world_->anvil.rpc("eth_call", {{{"to", to_hex(contract)}, {"data", to_hex(BytesView(data))}}, "latest"});
    return answer.get<std::string>().back() == '1';
  }

  /// Another copy of the code, so that nothing changes but the slot that names it.
  Change other_code(const Address& named_by, const Hash32& named_in) {
    const auto copy = world_->anvil.deploy("PerpExchangeV1", "()", {});
    return {.plan = world_->plan(copy, {}, 1, world_->anvil.time() + 400),
            .shown = [this, named_by, named_in] { return slot(named_by, named_in); },
            .before = to_hex(evm::abi::as_hash(of(world_->old_implementation))),
            .after = to_hex(evm::abi::as_hash(of(copy)))};
  }
  /// The same functions in another copy of their facet.
  Change other_facet() {
    auto change = other_code(world_->exchange, {});
    change.shown = [this] {
      Bytes data = call("facetAddress(bytes4)", {number(0)});
      std::ranges::copy(world_->functions.front(), data.begin() + 4);
      return world_->anvil
          .rpc("eth_call", {{{"to", to_hex(world_->exchange)}, {"data", to_hex(BytesView(data))}}, "latest"})
          .get<std::string>();
    };
    return change;
  }
  /// The same, by operations that wait in the timelock which may upgrade.
  Change queued_code() {
    auto change = other_code(world_->exchange, evm::erc1967_implementation_slot);
    world_->queue_in_upgrader(change.plan);
    world_->anvil.mine(3);
    return change;
  }
  /// Who may propose to a timelock of the instance: one account in another's place.
  Change other_proposer();

  /// Halt and baseline, then the switch, and evidence that nothing else changed.
  void carry_to_switch(const Change& change);
  void release(const Change& change);
  /// Nobody votes; OLD needs no signature once it is too late for NEW.
  void roll_back(const Change& change);

  std::unique_ptr<World> world_;
  std::unique_ptr<Operator> operator_;
};

void Switches::carry_to_switch(const Change& change) {
  operator_->start(change.plan);
  const auto halted = operator_->arm_and_halt(change.plan);
  EXPECT_EQ("", problems(operator_->baseline(change.plan, halted.block).rows, Colour::red));
  EXPECT_EQ(change.before, change.shown());
  const auto view = operator_->submit_until(change.plan, Action::switch_version, Outcome::none,
                                            [](const auto& seen) { return seen.phase == GatePhase::switched; });
  EXPECT_EQ(change.after, change.shown());
  const auto rows = operator_->evidence(change.plan, view.block, Outcome::new_version).rows;
  EXPECT_EQ("", problems(rows, Colour::red));
  const auto* code = change.plan.instances[0].proxies.empty() ? "code-hash" : "implementation-code";
  for (const auto* name : {code, "storage-root", "still-while-halted"})
    EXPECT_TRUE(has_row(rows, Colour::green, name)) << name << "\n" << problems(rows, Colour::green);
}

void Switches::release(const Change& change) {
  carry_to_switch(change);
  operator_->submit_until(change.plan, Action::decide, Outcome::new_version,
                          [](const auto& view) { return view.decision == Outcome::new_version; });
  world_->push_price(1'000'000);
  operator_->submit_until(change.plan, Action::close, Outcome::new_version,
                          [](const auto& view) { return view.phase == GatePhase::closed_new && !view.halted; });
  EXPECT_EQ(change.after, change.shown());
  EXPECT_EQ("", operator_->listener.others()) << "all of it is explained by the plan";
}

void Switches::roll_back(const Change& change) {
  carry_to_switch(change);
  world_->anvil.mine_at(change.plan.plan.window.decide_by);
  auto decide = world_->signed_submit(change.plan, Action::decide, Outcome::old_version);
  decide.signatures.clear();
  operator_->chain->perform(decide, nullptr);
  operator_->listener.wait<TxnReported>(
      "decided", [](const auto& event) { return event.action == Action::decide && event.status == TxnStatus::mined; });
  world_->push_price(1'000'000);
  const auto closed = operator_->submit_until(change.plan, Action::close, Outcome::old_version,
                                              [](const auto& view) { return view.phase == GatePhase::closed_old; });
  EXPECT_EQ("", problems(operator_->evidence(change.plan, closed.block, Outcome::old_version).rows, Colour::red));
  EXPECT_EQ(change.before, change.shown());
  EXPECT_EQ("", operator_->listener.others()) << "all of it is explained by the plan";
}

Change Switches::other_proposer() {
  auto& anvil = world_->anvil;
  const auto leaves = anvil.account(5), comes = anvil.account(6);
  const auto proposer = crypto::keccak256(std::string_view("PROPOSER_ROLE"));
  const auto roles = anvil.deploy("TimelockController", "(uint256,address[],address[],address)",
                                  {number(1), list({of(leaves)}), list({of(leaves)}), of(world_->gate)});
  world_->more["treasury"] = roles;
  // anvil keeps a leaf for a zero that a transaction reads, as both calls of the switch read who may grant the role.
  anvil.send(world_->admin, roles, call("getRoleAdmin(bytes32)", {of(proposer)}));
  auto plan = world_->plan(world_->old_implementation, {}, 1, anvil.time() + 400);
  auto& instance = plan.instances[0];
  const auto swap = [&](const Address& gone, const Address& here) {
    return std::vector<evm::Call>{{roles, 0, call("revokeRole(bytes32,address)", {of(proposer), of(gone)})},
                                  {roles, 0, call("grantRole(bytes32,address)", {of(proposer), of(here)})}};
  };
  const auto read = [&](const Address& account, bool expected) {
    return evm::Read{roles, call("hasRole(bytes32,address)", {of(proposer), of(account)}), 0, evm::Compare::equal,
                     to_word(Uint256(expected ? 1 : 0))};
  };
  // AccessControl 5: mapping(bytes32 role => { mapping(address => bool) hasRole; … }) in slot 0.
  const auto entry = [](const Hash32& key, const Hash32& of_mapping) {
    Bytes both(key.view().begin(), key.view().end());
    append(both, of_mapping.view());
    return crypto::keccak256(both);
  };
  const auto member = [&](const Address& account) {
    return entry(evm::abi::as_hash(of(account)), entry(proposer, Hash32{}));
  };
  instance.leaf.switch_calls = swap(leaves, comes);
  instance.leaf.rollback_calls = swap(comes, leaves);
  instance.leaf.new_reads = {read(leaves, false), read(comes, true)};
  instance.leaf.old_reads = {read(leaves, true), read(comes, false)};
  instance.leaf.new_code = instance.leaf.old_code = {{roles, code_hash(anvil, roles)}};
  instance.proxies.clear();
  instance.writes = {{roles, member(leaves), 0, "who leaves"}, {roles, member(comes), 1, "who comes"}};
  instance.observed = {world_->exchange};
  World::seal(plan);
  return {.plan = plan,
          .shown =
              [this, roles, proposer, leaves, comes] {
                return std::string(has_role(roles, proposer, leaves) ? "leaves " : "") +
                       (has_role(roles, proposer, comes) ? "comes" : "");
              },
          .before = "leaves ",
          .after = "comes"};
}

TEST_F(Switches, ATransparentProxyOfWhoseAdminTheGateIsTheOwner) {
  use(Proxy::transparent);
  release(other_code(world_->exchange, evm::erc1967_implementation_slot));
}

TEST_F(Switches, ATransparentProxyBack) {
  use(Proxy::transparent);
  roll_back(other_code(world_->exchange, evm::erc1967_implementation_slot));
}

TEST_F(Switches, ABeaconOfWhichTheGateIsTheOwner) {
  use(Proxy::beacon);
  release(other_code(world_->switch_of, to_word(Uint256(1))));
}

TEST_F(Switches, ABeaconBack) {
  use(Proxy::beacon);
  roll_back(other_code(world_->switch_of, to_word(Uint256(1))));
}

TEST_F(Switches, ATimelockThatUpgradesAndInWhichTheGateAloneExecutes) {
  use(Proxy::timelocked);
  release(queued_code());
}

TEST_F(Switches, ATimelockThatUpgradesBack) {
  use(Proxy::timelocked);
  roll_back(queued_code());
}

TEST_F(Switches, ATimelockInWhichOthersExecuteTooIsRedAndAlarmed) {
  use(Proxy::timelocked);
  auto& world = *world_;
  const auto change = queued_code();
  operator_->start(change.plan);
  operator_->wait_gate("read", Finality::final, [](const auto&) { return true; });
  world.anvil.mine(3);
  const auto rows = operator_->readiness(change.plan);
  for (const auto* name : {"upgrader-executors", "upgrader-open-executor", "upgrader-operation", "upgrader-proposers",
                           "upgrader-admin", "upgrade-authority"})
    EXPECT_TRUE(has_row(rows, Colour::green, name)) << name << "\n" << problems(rows, Colour::green);
  EXPECT_EQ("", problems(rows, Colour::red));

  const auto told = [&](const char* event, const char* row, const Address& from, const Bytes& data) {
    world.send_as(from, world.upgrader, data);
    world.anvil.mine(3);
    operator_->listener.wait<InterferenceObserved>(event,
                                                   [&](const auto& seen) { return seen.detail.find(event) == 0; });
    EXPECT_TRUE(has_row(operator_->readiness(change.plan), Colour::red, row)) << row;
  };
  const auto executor = crypto::keccak256(std::string_view("EXECUTOR_ROLE"));
  const auto grant = [&](const Address& who) { return call("grantRole(bytes32,address)", {of(executor), of(who)}); };
  told("RoleGranted", "upgrader-executors", world.upgrader, grant(world.anvil.account(7)));
  told("RoleGranted", "upgrader-open-executor", world.upgrader, grant({}));
  const auto inverse = evm::direct::execution_of(change.plan.instances[0].leaf.rollback_calls[0]).value().operation;
  told("Cancelled", "upgrader-operation", world.timelock, call("cancel(bytes32)", {of(inverse.id)}));
}

TEST_F(Switches, ATimelockThatIsNotNamedAsUpgraderIsRed) {
  use(Proxy::timelocked);
  const auto change = queued_code();
  world_->upgrader = {};
  operator_->start(change.plan);
  operator_->wait_gate("read", Finality::final, [](const auto&) { return true; });
  EXPECT_TRUE(has_row(operator_->readiness(change.plan), Colour::red, "upgrader", "nobody looks at who else may"));
}

TEST_F(Switches, ADiamondThatTheGateCuts) {
  use(Proxy::diamond);
  release(other_facet());
}

TEST_F(Switches, ADiamondCutBack) {
  use(Proxy::diamond);
  roll_back(other_facet());
}

TEST_F(Switches, ADiamondThatIsCutFromOutsideThePlanIsAlarmed) {
  use(Proxy::diamond);
  auto& world = *world_;
  const auto change = other_facet();
  operator_->start(change.plan);
  const auto halted = operator_->arm_and_halt(change.plan);
  const auto still = operator_->readiness(change.plan);
  for (const auto* name : {"proxy-kind", "diamond-facets", "diamond-cut", "diamond-uncut", "shadow-writes"})
    EXPECT_TRUE(has_row(still, Colour::green, name)) << name << "\n" << problems(still, Colour::green);
  EXPECT_EQ("", problems(operator_->baseline(change.plan, halted.block).rows, Colour::red));
  const auto copy = world.anvil.deploy("PerpExchangeV1", "()", {});
  world.send_as(world.gate, world.exchange, world.cut(evm::diamond::Action::replace, copy, {world.functions.back()}));
  world.anvil.mine(3);
  for (const auto* told : {"DiamondCut on exchange", "cut from outside the plan"})
    operator_->listener.wait<InterferenceObserved>(
        told, [&](const auto& seen) { return seen.detail.find(told) != std::string::npos; });
  EXPECT_TRUE(has_row(operator_->readiness(change.plan), Colour::red, "diamond-facets"));
}

TEST_F(Switches, ADiamondWhoseNewFacetHasNoCodeIsRed) {
  use(Proxy::diamond);
  const auto nowhere = world_->anvil.account(8);
  auto plan = other_facet().plan;
  auto& leaf = plan.instances[0].leaf;
  leaf.switch_calls[0].data = world_->cut(evm::diamond::Action::replace, nowhere, world_->functions);
  World::seal(plan);
  operator_->start(plan);
  operator_->wait_gate("read", Finality::final, [](const auto&) { return true; });
  EXPECT_TRUE(has_row(operator_->readiness(plan), Colour::red, "diamond-cut", to_hex(nowhere) + ", which has no code"));
}

TEST_F(Switches, ARoleThatGoesFromOneToAnother) {
  use(Proxy::uups);
  release(other_proposer());
}

TEST_F(Switches, ARoleBack) {
  use(Proxy::uups);
  roll_back(other_proposer());
}

}  // namespace
}  // namespace lockstep::e2e
