// What real governance contracts did, as tests/e2e/governance recorded it, told again to the dialects without a node:
// the same facts, windows, configuration events and readiness rows must come out, to the letter.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/governance_text.hpp"
#include "tests/support/logs_text.hpp"

namespace lockstep::evm {
namespace {

using namespace governance;
using nlohmann::json;

std::vector<std::string> recordings() {
  std::vector<std::string> names;
  const std::string folder = std::string(LOCKSTEP_SOURCE_DIR) + "/tests/golden/governance";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

settings::GovernanceRef ref_of(const json& value) {
  return {fixed_from_hex<Address>(value.at("address").get<std::string>()).value(), value.at("kind").get<std::string>()};
}

class Replay : public ::testing::TestWithParam<std::string> {
 protected:
  Replay() {
    std::ifstream file(std::string(LOCKSTEP_SOURCE_DIR) + "/tests/golden/governance/" + GetParam() + ".json");
    recording_ = json::parse(file);
    const auto text = [&](const char* key) { return recording_.at(key).get<std::string>(); };
    instance_.chain = "recorded";
    instance_.gate = fixed_from_hex<Address>(text("gate")).value();
    instance_.timelock = ref_of(recording_.at("timelock"));
    if (recording_.contains("governor")) instance_.governor = ref_of(recording_.at("governor"));
    wanted_ = {fixed_from_hex<Hash32>(text("plan")).value(), instance_.gate, bytes_from_hex(text("arm")).value()};
    dialects_ = dialects_of(instance_, recording_.at("chain_id").get<std::uint64_t>()).value();
  }

  static Reader reader(const json& step) {
    const auto& block = step.at("block");
    return {[&step](const std::vector<RpcCall>& calls) -> Result<std::vector<RpcAnswer>> {
              std::vector<RpcAnswer> answers;
              for (const auto& call : calls) {
                const auto it = step.at("answers").find(tests::key_of(call));
                if (it == step.at("answers").end()) return fail("not in the recording", tests::key_of(call));
                answers.push_back(tests::answer_of(*it));
              }
              return answers;
            },
            {block.at("num").get<std::uint64_t>(), fixed_from_hex<Hash32>(block.at("hash").get<std::string>()).value(),
             block.at("time").get<UnixSeconds>()}};
  }

  std::vector<Log> logs_of(const json& step) const {
    std::vector<Address> addresses;
    for (const auto& dialect : dialects_) addresses.push_back(dialect->address());
    std::ranges::sort(addresses);
    return tests::logs_of(step.at("logs"), addresses, 0, step.at("block").at("num").get<std::uint64_t>()).value();
  }

  void learn_from(const json& step) {
    for (const auto& dialect : dialects_) {
      for (const auto& txn : dialect->txns_wanted()) {
        const auto it = step.at("inputs").find(to_hex(txn));
        if (it != step.at("inputs").end()) dialect->learn(txn, bytes_from_hex(it->get<std::string>()).value());
      }
    }
  }

  void play_look(const json& step) {
    EXPECT_EQ(step.at("told").get<std::vector<std::string>>(), tests::observe(dialects_, instance_, logs_of(step)));
    learn_from(step);
    const auto read = reader(step);
    const auto fact = fact_about(wanted_, dialects_, read);
    ASSERT_TRUE(fact.has_value()) << fact.error().text();
    EXPECT_EQ(step.at("fact"), tests::fact_json(fact->value_or(Fact{})));
    const bool ready = *fact && (*fact)->stage == governance::Stage::ready;
    EXPECT_EQ(step.value("executes", ready), ready) << "the real contract was asked";
    const auto pending = unplanned(wanted_, dialects_, {wanted_.gate}, read);
    ASSERT_TRUE(pending.has_value()) << pending.error().text();
    EXPECT_EQ(step.at("pending").get<std::vector<std::string>>(), pending->lines);
  }

  json recording_;
  settings::InstanceConfig instance_;
  Wanted wanted_;
  Dialects dialects_;
};

TEST_P(Replay, SaysWhatWasSaidBesideTheRealContract) {
  for (const auto& step : recording_.at("steps")) {
    SCOPED_TRACE(step.at("what").get<std::string>());
    if (step.contains("rows")) {
      EXPECT_EQ(step.at("rows"), tests::rows_json(tests::configuration(dialects_, reader(step))));
    } else {
      play_look(step);
    }
  }
}

/// F27: an id that is taken from an event is believed of any calls.
TEST_P(Replay, BelievesNothingWhoseCallsWereChanged) {
  for (const auto* only_events : {"mcms", "upgrade-executor", "aave-executor", "layerzero"}) {
    // These queue nothing and number nothing: an event that a call ran is all there is.
    if (instance_.timelock.kind == only_events || (instance_.governor && instance_.governor->kind == only_events))
      return;
  }
  const auto victim = to_hex(wanted_.plan).substr(2);
  const auto forged = std::string(victim.size(), 'e');
  wanted_.plan = fixed_from_hex<Hash32>("0x" + forged).value();
  wanted_.calldata = bytes_from_hex("0x" + to_hex(BytesView(wanted_.calldata)).substr(2, 8) + forged).value();
  for (auto step : recording_.at("steps")) {
    if (step.contains("rows")) continue;
    // The forger announces another plan's calls under the ids and states of this one.
    for (const auto* told : {"logs", "inputs"}) {
      auto text = step.at(told).dump();
      for (auto at = text.find(victim); at != std::string::npos; at = text.find(victim, at))
        text.replace(at, victim.size(), forged);
      step[told] = json::parse(text);
    }
    tests::observe(dialects_, instance_, logs_of(step));
    learn_from(step);
    for (const auto& dialect : dialects_) {
      for (const auto& operation : dialect->operations(nullptr)) {
        if (find(wanted_, operation->calls, dialects_).reach == Reach::none) continue;
        const auto status = dialect->status(*operation, reader(step));
        if (!status) continue;  // the recording holds no state of what never was
        EXPECT_EQ(governance::Stage::unseen, status->stage) << step.at("what") << ": " << operation->name;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recordings, Replay, ::testing::ValuesIn(recordings()), [](const auto& recording) {
  auto name = recording.param;
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace lockstep::evm
