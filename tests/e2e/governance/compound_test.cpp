// Compound's Timelock and GovernorBravo, of which no npm package holds the original: LOCKSTEP_ARTIFACTS.
#include "crypto/keccak256.hpp"
#include "tests/e2e/governance/rig.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::Value;
constexpr std::uint64_t two_days = 2 * 86400, grace = 14 * 86400;

Value text(std::string_view value) {
  return of(BytesView(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
}

struct Queue {
  Rig& rig;
  Address timelock;
  std::vector<Value> queued(const Address& target, std::string_view signature, const Bytes& data,
                            std::uint64_t eta) const {
    return {of(target), number(0), text(signature), bytes(data), number(eta)};
  }
  Execution execute(const std::vector<Value>& v) const {
    return {rig.me, timelock, call("executeTransaction(address,uint256,string,bytes,uint256)", v)};
  }
  void send(const char* what, const std::vector<Value>& v) const {
    rig.send(rig.me, timelock, std::string(what) + "Transaction(address,uint256,string,bytes,uint256)", v);
  }
};

TEST(Compound, ATransactionIsStaleASecondAfterItsGrace) {
  const auto artifact = elsewhere("Timelock");
  if (!artifact) return;  // tests/golden/governance/compound-timelock.json is replayed all the same
  Rig rig("compound-timelock");
  const auto timelock = rig.deploy(*artifact, "(address,uint256)", {of(rig.me), number(two_days)});
  const Queue queue{rig, timelock};
  rig.govern({timelock, "compound"});
  const auto first = queue.queued(rig.gate, "", rig.arm(), rig.now() + two_days + 1000);
  queue.send("queue", first);
  const auto run = queue.execute(first);
  rig.look("queued", Stage::queued, run);
  const auto [from, until] = rig.window();
  EXPECT_EQ(from + grace, until);
  rig.at(from - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(from);
  rig.look("ripe", Stage::ready, run);
  rig.at(until);
  rig.look("the last second", Stage::ready, run);
  rig.at(until + 1);
  rig.look("stale", Stage::expired, run);
  const auto second = queue.queued(rig.gate, "", rig.arm(), rig.now() + two_days + 10);
  queue.send("queue", second);
  rig.look("queued again", Stage::queued, queue.execute(second));
  queue.send("cancel", second);
  rig.look("cancelled", Stage::expired, queue.execute(second));
  const auto third = queue.queued(rig.gate, "", rig.arm(), rig.now() + two_days + 20);
  queue.send("queue", third);
  rig.at(rig.now() + two_days + 20);
  rig.look("ripe again", Stage::ready, queue.execute(third));
  rig.send_raw(rig.me, timelock, queue.execute(third).data);
  rig.look("executed", Stage::executed, queue.execute(third));
  EXPECT_EQ("red", rig.rows().at("timelock-admin")) << "no code";
  const auto rule = queue.queued(timelock, "setPendingAdmin(address)", call("x(address)", {of(rig.other)}),
                                 rig.now() + two_days + 30);
  auto arguments = rule;
  arguments[3] = bytes(Bytes(arguments[3].bytes.begin() + 4, arguments[3].bytes.end()));
  queue.send("queue", arguments);
  rig.look("somebody else's is queued", Stage::executed);
  rig.at(rig.now() + two_days + 30);
  rig.send_raw(rig.me, timelock, queue.execute(arguments).data);
  rig.look("another admin is under way", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"NewPendingAdmin on timelock"}, rig.told());
  EXPECT_EQ("amber", rig.rows().at("timelock-pending-admin"));
}

TEST(Compound, BravoIsFollowedThroughItsTimelock) {
  const auto timelock_code = elsewhere("Timelock"), delegate = elsewhere("GovernorBravoDelegate"),
             delegator = elsewhere("GovernorBravoDelegator"), comp_code = elsewhere("Comp");
  if (!timelock_code || !delegate || !delegator || !comp_code) return;
  Rig rig("compound-governor-bravo");
  const auto comp = rig.deploy(*comp_code, "(address)", {of(rig.me)});
  const auto timelock = rig.deploy(*timelock_code, "(address,uint256)", {of(rig.me), number(two_days)});
  const auto logic = rig.deploy(*delegate);
  const auto governor = rig.deploy(*delegator, "(address,address,address,address,uint256,uint256,uint256)",
                                   {of(timelock), of(comp), of(rig.me), of(logic), number(5760), number(1),
                                    of(Uint256(1000) * Uint256(1'000'000'000'000'000'000))});
  const Queue queue{rig, timelock};
  const auto appoint = call("setPendingAdmin(address)", {of(governor)});
  const auto hand_over = queue.queued(timelock, "", appoint, rig.now() + two_days + 10);
  queue.send("queue", hand_over);
  rig.at(rig.now() + two_days + 10);
  rig.send_raw(rig.me, timelock, queue.execute(hand_over).data);
  const auto alpha = rig.code("600160005260206000f3");  // its proposalCount() is 1
  rig.send(rig.me, governor, "_initiate(address)", {of(alpha)});
  rig.send(rig.me, comp, "delegate(address)", {of(rig.me)});
  // votingPeriod, whose least value would be a day of blocks.
  rig.anvil.rpc("anvil_setStorageAt", {to_hex(governor), "0x4", to_hex(to_word(Uint256(5)))});
  rig.govern({timelock, "compound"}, settings::GovernanceRef{governor, "bravo"});
  std::uint64_t id = 1;
  const auto queue_one = [&] {
    ++id;
    rig.blocks(2);
    rig.send(rig.me, governor, "propose(address[],uint256[],string[],bytes[],string)",
             {list({of(rig.gate)}), list({number(0)}), list({text("")}), list({bytes(rig.arm())}), text("arm")});
    rig.look("proposed", Stage::proposed);
    rig.blocks(2);
    rig.send(rig.me, governor, "castVote(uint256,uint8)", {number(id), number(1)});
    rig.blocks(10);
    rig.send(rig.me, governor, "queue(uint256)", {number(id)});
  };
  queue_one();
  const Execution run{rig.me, governor, call("execute(uint256)", {number(2)})};
  rig.look("queued", Stage::queued, run);
  const auto [from, until] = rig.window();
  EXPECT_EQ(from + grace, until) << "the timelock's window is told, the governor has none";
  rig.at(from - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(from);
  rig.look("ripe", Stage::ready, run);
  EXPECT_EQ("green", rig.rows().at("timelock-admin"));
  EXPECT_EQ("green", rig.rows().at("governor-timelock"));
  rig.send_raw(rig.me, governor, run.data);
  rig.look("executed", Stage::executed, run);
  rig.send(rig.me, governor, "_setVotingDelay(uint256)", {number(2)});
  rig.look("its voting delay changed", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"VotingDelaySet on governor"}, rig.told());
}

}  // namespace
}  // namespace lockstep::e2e
