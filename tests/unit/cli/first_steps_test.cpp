// init and doctor without a chain: what is written from answers, and what a machine alone can show.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/cli/doctor.hpp"
#include "app/cli/session.hpp"
#include "app/cli/starter_config.hpp"
#include "settings/schema.hpp"

namespace lockstep::app {
namespace {

constexpr UnixSeconds now = 1'700'000'000;

TagFacts tag(std::uint64_t num, UnixSeconds time) {
  TagFacts made;
  made.block.emplace();
  made.block->num = num;
  made.block->time = time;
  return made;
}

EndpointFacts good(const std::string& name) {
  EndpointFacts facts;
  facts.name = name;
  facts.reachable = true;
  facts.chain_id = 1;
  facts.client = "Geth/v1.16.0";
  facts.anchor.bytes[0] = 1;
  facts.latest = tag(1000, now);
  facts.safe = tag(970, now - 360);
  facts.finalized = tag(936, now - 768);
  facts.block_s = 12;
  facts.latency_s = 0.004;
  facts.asked_at = now;
  return facts;
}

StarterChain chain(std::vector<EndpointFacts> all) {
  StarterChain made{"ethereum", {}, 19'000'000};
  for (auto& facts : all) made.endpoints.push_back({std::move(facts), "\"http://10.0.0.5:8545\""});
  return made;
}

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-first-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST(StarterConfig, IsAcceptedAndSaysWhatWasAnswered) {
  const Folder folder;
  auto second = good("rpc-2");
  second.proofs = "rpc error -32601: method not found";
  const auto text = starter_toml({"ops \"eu\"",
                                  "/var/lib/lockstep",
                                  "/run/lockstep/admin.sock",
                                  folder.path / "secrets",
                                  {chain({good("rpc-1"), second, good("rpc-3")})}});
  std::ofstream(folder.path / "config.toml") << text;
  const auto loaded = settings::load_config({folder.path / "config.toml"});
  ASSERT_TRUE(loaded) << loaded.error().front().text() << text;
  const auto& read = loaded->config.chains.front();
  EXPECT_EQ(loaded->config.service_name, "ops \"eu\"");
  EXPECT_EQ(read.rpc_quorum, 2U) << "of three";
  EXPECT_EQ(read.poll_ms, 1000U);
  EXPECT_EQ(read.logs_from, 19'000'000U);
  EXPECT_EQ(read.finality, settings::FinalityTag::finalized);
  EXPECT_NE(text.find("# served, 64 blocks and 768 s behind the head"), std::string::npos) << text;
  EXPECT_NE(text.find("eth_getProof, checked against the state root: NO (rpc error -32601: method not found)"),
            std::string::npos);
}

TEST(StarterConfig, FinalityIsWhatEveryEndpointServes) {
  const auto without = [](bool safe) {
    auto facts = good("rpc-2");
    facts.finalized = {{}, "no such block"};
    if (!safe) facts.safe = tag(0, 1);  // a tag that answers with block 0 is none
    return facts;
  };
  EXPECT_EQ(choose_finality(chain({good("rpc-1")})).toml, "\"finalized\"");
  EXPECT_EQ(choose_finality(chain({good("rpc-1"), without(true)})).toml, "\"safe\"");
  EXPECT_EQ(choose_finality(chain({good("rpc-1"), without(false)})).toml, "{ confirmations = 64 }");
  auto stalled = good("rpc-1");
  stalled.finalized = tag(1, now - 7 * 3600);
  EXPECT_EQ(choose_finality(chain({stalled})).toml, "\"safe\"") << "finality that stands still is not offered";
}

TEST(StarterConfig, AQuorumIsAMajority) {
  for (const auto& [endpoints, wanted] : {std::pair{1, 1}, {2, 2}, {3, 2}, {4, 3}, {5, 3}})
    EXPECT_EQ(majority(static_cast<std::size_t>(endpoints)), static_cast<std::size_t>(wanted));
}

TEST(Doctor, LooksAtTheDataDirectory) {
  const Folder folder;
  settings::Config config;
  config.data_dir = folder.path / "data";
  config.reserve_mib = 1;
  EXPECT_FALSE(failed(examine_data_dir(config))) << "it is not there yet, and can be made";
  EXPECT_FALSE(std::filesystem::exists(config.data_dir)) << "looking makes nothing";
  std::filesystem::create_directory(config.data_dir);
  ::chmod(config.data_dir.c_str(), 0770);
  const auto open = examine_data_dir(config);
  ASSERT_TRUE(failed(open)) << table(open);
  EXPECT_NE(table(open).find("FAIL     data_dir  permissions  mode 0770"), std::string::npos) << table(open);
  ::chmod(config.data_dir.c_str(), 0700);
  config.reserve_mib = std::uint64_t{1} << 40;
  EXPECT_TRUE(failed(examine_data_dir(config))) << "nobody has so much space";
}

TEST(Doctor, TableShowsWhyAndNextOfWhatIsNotOk) {
  const Findings findings{
      {"api", "listen", Verdict::ok, "free"},
      {"chain a", "quorum", Verdict::warn, "1 of 3", "[[chain]] a", "two are down", "bring them back"}};
  EXPECT_EQ(table(findings),
            "ok       api      listen  free\n"
            "warn     chain a  quorum  1 of 3\n"
            "         where: [[chain]] a\n         why: two are down\n         next: bring them back\n");
  EXPECT_FALSE(failed(findings));
  EXPECT_EQ(to_json(findings[1])["next"], "bring them back");
  EXPECT_TRUE(to_json(findings[0])["why"].is_null());
}

std::string output(std::vector<std::string> arguments, int wanted = 0) {
  std::istringstream in;
  std::ostringstream out, err;
  EXPECT_EQ(run(arguments, in, out, err), wanted) << err.str();
  return out.str();
}

TEST(Completions, NameEveryVerbAndAreReadByTheirShell) {
  const Folder folder;
  for (const char* shell : {"bash", "zsh", "fish", "man"}) {
    const auto text = output({"completions", shell});
    for (const char* verb : {"init", "doctor", "watermark", "nonces", "completions"})
      EXPECT_NE(text.find(verb), std::string::npos) << shell << " " << verb;
    if (shell != std::string{"bash"}) continue;
    std::ofstream(folder.path / "c.bash") << text
                                          << "COMP_WORDS=(lockstep plan wa) COMP_CWORD=2\n_lockstep\n"
                                             "[ \"${COMPREPLY[*]}\" = watch ]\n";
    EXPECT_EQ(std::system(("bash " + (folder.path / "c.bash").string()).c_str()), 0);
  }
  output({"completions", "tcsh"}, 64);
}

TEST(Schemas, EveryRuleIsInThem) {
  const auto schema = settings::json_schema("config");
  ASSERT_TRUE(schema);
  EXPECT_EQ((*schema)["$schema"], "http://json-schema.org/draft-07/schema#");
  const auto& chain = (*schema)["properties"]["chain"]["items"];
  EXPECT_EQ(chain["properties"]["poll_ms"]["default"], 1000);
  EXPECT_EQ(chain["additionalProperties"], false);
  EXPECT_EQ(settings::json_schema("protocol")
                .value()["properties"]["instance"]["items"]["properties"]["contracts"]["additionalProperties"]
                        ["properties"]["proxy"]["enum"],
            (nlohmann::json{"none", "erc1967", "diamond"}));
  EXPECT_FALSE(settings::json_schema("other"));
  EXPECT_EQ(nlohmann::json::parse(output({"config", "schema", "--kind", "plan"}))["title"],
            "Lockstep plan.toml, version 1");
  output({"config", "schema", "--kind", "other"}, 64);
}

}  // namespace
}  // namespace lockstep::app
