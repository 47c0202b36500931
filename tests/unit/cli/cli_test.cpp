// The program run in this process: arguments in, exit code and both streams out.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/cli/session.hpp"

namespace lockstep::app {
namespace {

const std::string source_dir = LOCKSTEP_SOURCE_DIR;
const std::string config = source_dir + "/config/config.toml";
const std::string plan = source_dir + "/config/plan.toml";

struct Ran {
  int code = 0;
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

Ran lockstep(std::vector<std::string> arguments, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out, err;
  Ran ran;
  ran.code = run(arguments, in, out, err);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-cli-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string put(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const auto file = (path / name).string();
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  std::filesystem::path path;
};

TEST(Cli, UnknownVerbsFlagsAndMissingArgumentsAreUsage) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"plan"},
                                             {"plan", "lint"},
                                             {"plan", "sign", "x"},
                                             {"status", "--frob"},
                                             {"drill", "--faults", "gremlins"},
                                             {"plan", "render", plan, "--md", "--proposal"},
                                             {"plan", "abort", "x"},
                                             {"--color", "pink", "version"}}) {
    const auto ran = lockstep(arguments);
    EXPECT_EQ(ran.code, 64) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(ran.err.starts_with("error: ")) << ran.err;
  }
}

TEST(Cli, AWordThatIsNoCommandOrOptionIsNamedWithWhatWasMeant) {
  const auto said = [](const std::vector<std::string>& arguments) { return lockstep(arguments).err; };
  EXPECT_EQ("error: \"statsu\" is no command of lockstep. Next: did you mean \"status\"?\n", said({"statsu"}));
  EXPECT_EQ("error: \"lnit\" is no command of lockstep plan. Next: did you mean \"lint\"?\n",
            said({"plan", "lnit", "x"}));
  EXPECT_EQ("error: \"frobnicate\" is no command of lockstep. Next: lockstep --help\n", said({"frobnicate"}));
  EXPECT_EQ("error: The following argument was not expected: --wach. Next: did you mean \"--watch\"?\n",
            said({"status", "--wach"}));
  EXPECT_EQ("error: The following argument was not expected: --jsonn. Next: did you mean \"--json\"?\n",
            said({"status", "--jsonn"}))
      << "an option of every command";
  EXPECT_EQ("error: A subcommand is required. Next: lockstep --help\n", said({"plan"}));
}

TEST(Cli, HelpIsAResult) {
  const auto ran = lockstep({"--help"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("plan"), std::string::npos);
}

TEST(Cli, LintHashAndRenderAgree) {
  const auto lint = lockstep({"-c", config, "plan", "lint", plan, "--json"});
  EXPECT_EQ(lint.code, 0) << lint.err;
  EXPECT_EQ(lint.json()["schema"], "lockstep.lint/1");
  const auto hash = lockstep({"plan", "hash", plan, "-c", config});
  EXPECT_EQ(hash.code, 0) << hash.err;
  EXPECT_EQ(hash.out, lint.json()["plan_hash"].get<std::string>() + "\n");
  const auto render = lockstep({"plan", "render", plan, "-c", config, "--json"});
  EXPECT_EQ(render.json()["plan_hash"], lint.json()["plan_hash"]);
  const auto proposal = lockstep({"plan", "render", plan, "--proposal", "-c", config});
  EXPECT_EQ(proposal.json()["plan_hash"], lint.json()["plan_hash"]) << proposal.err;
}

TEST(Cli, ReadsAPlanFromStdin) {
  std::ifstream file(plan);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(lockstep({"plan", "hash", "-", "-c", config}, text).out,
            lockstep({"plan", "hash", plan, "-c", config}).out);
}

TEST(Cli, BadPlansAre65WithOneDocument) {
  const Folder folder;
  const auto bad = folder.put("bad.toml", "version = 1\nprotocol = \"acme-perps\"\nepoc = 1\n");
  const auto ran = lockstep({"-c", config, "plan", "lint", bad, "--json"});
  EXPECT_EQ(ran.code, 65);
  EXPECT_EQ(ran.json()["schema"], "lockstep.error/1");
  EXPECT_EQ(ran.json()["exit_code"], 65);
  EXPECT_NE(ran.err.find("unknown key \"epoc\""), std::string::npos) << ran.err;
  EXPECT_EQ(lockstep({"-c", config, "plan", "lint", folder.put("other.toml", "protocol = \"nobody\"\n")}).code, 65);
}

TEST(Cli, MissingFilesAre66) {
  EXPECT_EQ(lockstep({"-c", config, "plan", "lint", "/nonexistent.toml"}).code, 66);
  EXPECT_EQ(lockstep({"-c", "/nonexistent.toml", "plan", "lint", plan}).code, 66);
}

TEST(Cli, BadConfigIs78) {
  const Folder folder;
  const auto ran = lockstep({"-c", folder.put("config.toml", "version = 1\n"), "chain", "list"});
  EXPECT_EQ(ran.code, 78);
  EXPECT_NE(ran.err.find("key \"chain\" is missing"), std::string::npos) << ran.err;
}

TEST(Cli, NoDaemonIs69) {
  const Folder folder;
  const auto nowhere = "unix:" + (folder.path / "none.sock").string();
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
           {"status"}, {"plan", "list"}, {"plan", "show", "x"}, {"plan", "explain", "x"}}) {
    auto arguments = verb;
    arguments.insert(arguments.end(), {"--url", nowhere});
    const auto ran = lockstep(arguments);
    EXPECT_EQ(ran.code, 69) << ran.err;
    EXPECT_NE(ran.err.find("the daemon cannot be reached"), std::string::npos) << ran.err;
  }
}

TEST(Cli, SubmitIsNotDoneWithoutConfirmation) {
  const auto ran = lockstep({"-c", config, "plan", "submit", plan, "--url", "unix:/nonexistent"}, "wrong\n");
  EXPECT_EQ(ran.code, 77) << ran.err;
  EXPECT_EQ(lockstep({"-c", config, "plan", "submit", plan, "--url", "unix:/nonexistent", "--no-input"}).code, 77);
  EXPECT_EQ(lockstep({"-c", config, "plan", "submit", plan, "--url", "unix:/nonexistent", "--yes"}).code, 69);
}

TEST(Cli, WatchRefusesAnUnknownStage) {
  EXPECT_EQ(lockstep({"plan", "watch", "x", "--until", "done", "--url", "unix:/nonexistent"}).code, 64);
  EXPECT_EQ(lockstep({"plan", "watch", "x", "--timeout", "soon", "--url", "unix:/nonexistent"}).code, 64);
}

TEST(Cli, ConfigShowsOriginsAndNoUrls) {
  const auto ran = lockstep({"-c", config, "config", "show", "--origin"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("service.name = \"ops-eu-1\"  # " + config + ":6:8"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("api.behind_proxy = false  # default"), std::string::npos);
  EXPECT_EQ(ran.out.find("10.0.0.5"), std::string::npos);
}

TEST(Cli, KeysComeFromPrivateFilesOnly) {
  const Folder folder;
  const auto secret = folder.put("pass", "correct horse\n");
  const auto key = folder.put("key", "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d\n");
  const auto store = (folder.path / "store.json").string();
  const auto made = lockstep({"key", "import", store, "--key-file", key, "--passphrase-file", secret, "--json"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.json()["address"], "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  EXPECT_EQ(lockstep({"key", "address", store, "--passphrase-file", secret}).out,
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C8\n");
  EXPECT_EQ(lockstep({"key", "import", store, "--key-file", key, "--passphrase-file", secret}).code,
            73);  // never overwrites
  EXPECT_EQ(lockstep({"key", "address", store, "--passphrase-file", folder.put("wrong", "battery staple\n")}).code, 77);
  EXPECT_EQ(lockstep({"key", "address", store, "--passphrase-file", folder.put("open", "correct horse\n", 0644)}).code,
            77);
  EXPECT_EQ(lockstep({"key", "new", (folder.path / "new.json").string(), "--no-input"}).code, 77);
}

TEST(Cli, APassphraseIsChangedOnlyByWhoKnowsTheOldOne) {
  const Folder folder;
  const auto first = folder.put("first", "correct horse\n"), second = folder.put("second", "battery staple\n");
  const auto store = (folder.path / "store.json").string();
  ASSERT_EQ(lockstep({"key", "new", store, "--passphrase-file", first}).code, 0);
  const auto change = [&](const std::string& from, const std::string& to) {
    return lockstep({"key", "change-passphrase", store, "--passphrase-file", from, "--new-passphrase-file", to});
  };
  const auto address = lockstep({"key", "address", store, "--passphrase-file", first}).out;
  EXPECT_EQ(change(second, first).code, 77);
  EXPECT_EQ(change(first, (folder.path / "absent").string()).code, 77);
  EXPECT_EQ(lockstep({"key", "address", store, "--passphrase-file", first}).out, address) << "nothing was changed yet";
  const auto changed = change(first, second);
  EXPECT_EQ(changed.code, 0) << changed.err;
  EXPECT_EQ(changed.out, address);
  EXPECT_EQ(lockstep({"key", "address", store, "--passphrase-file", second}).out, address);
  EXPECT_EQ(lockstep({"key", "address", store, "--passphrase-file", first}).code, 77);
  struct stat now {};
  ASSERT_EQ(::stat(store.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0600U);
}

TEST(Cli, ABatchForASafeIsOfOneChainAndSaysWhatItNeeds) {
  const auto of = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"-c", config, "--json", "plan", "render", plan, "--safe-tx-builder"});
    return lockstep(more);
  };
  EXPECT_EQ(of({}).code, 64);
  EXPECT_EQ(of({}).json()["errors"][0]["what"], "a batch is for one chain");
  EXPECT_EQ(of({"--chain", "nowhere"}).code, 64);
  EXPECT_EQ(of({"--proposal"}).code, 64);
  const auto governed = of({"--chain", "ethereum"});
  EXPECT_EQ(governed.code, 64) << governed.out;
  EXPECT_EQ(governed.json()["errors"][0]["what"], "no Safe can arm ethereum by a batch");
}

}  // namespace
}  // namespace lockstep::app
