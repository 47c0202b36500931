// What may change while a daemon runs, and what is remembered over restarts.
#include "app/reload.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/idempotency_store.hpp"

namespace lockstep::app {
namespace {

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-reload-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path put(const std::string& text) const {
    std::ofstream(path / "config.toml") << text;
    return path / "config.toml";
  }
  std::filesystem::path path;
};

std::string config(const std::string& level, const std::string& url = "http://127.0.0.1:1",
                   const std::string& more = "") {
  return "version = 1\n[service]\nlog = { level = \"" + level + "\" }\n[api]\n" + more +
         "[[chain]]\nid = \"a\"\nchain_id = 1\n[[chain.rpc]]\nname = \"own\"\nurl = \"" + url + "\"\n";
}

TEST(Reload, TakesOverWhatIsSafeAndTellsWhoWantsToKnow) {
  const Folder folder;
  const std::vector files{folder.put(config("info"))};
  Reloader reloader(files, settings::load_settings(files).value());
  std::string told;
  reloader.on_change(
      [&](const Admission& now) { told = now.config.log_level + " " + std::to_string(now.outlets.tokens.size()); });
  folder.put(
      config("warn", "http://127.0.0.1:1",
             "token = [ { id = \"ci\", sha256 = \"" + std::string(64, 'a') + "\", scopes = [\"command\"] } ]\n"));
  const auto changed = reloader.reload();
  ASSERT_TRUE(changed) << changed.error().front().text();
  EXPECT_EQ(*changed, (std::vector<std::string>{"api.token[0].id", "api.token[0].scopes[0]", "api.token[0].sha256",
                                                "service.log.level"}));
  EXPECT_EQ(told, "warn 1");
  EXPECT_EQ(reloader.config().log_level, "warn");
  EXPECT_TRUE(reloader.reload()->empty()) << "nothing changed since";
}

TEST(Reload, RefusesEverythingIfOnePartNeedsARestartEvenIfItsValueIsNeverShown) {
  const Folder folder;
  const std::vector files{folder.put(config("info"))};
  Reloader reloader(files, settings::load_settings(files).value());
  folder.put(config("warn", "http://127.0.0.1:2"));
  const auto refused = reloader.reload();
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().size(), 1U);
  EXPECT_EQ(refused.error()[0].what, "\"chain[0].rpc[0].url\" changed");
  EXPECT_EQ(reloader.config().log_level, "info") << "nothing of it was taken over";
  folder.put("version = 1\n");
  EXPECT_FALSE(reloader.reload()) << "a bad file changes nothing";
  EXPECT_EQ(reloader.config().chains.size(), 1U);
}

TEST(Idempotency, AnswersOutliveARestartForADay) {
  const Folder folder;
  const auto file = folder.path / "idempotency.json";
  {
    IdempotencyStore store(file);
    EXPECT_FALSE(store.recall("k", 1000));
    EXPECT_TRUE(store.remember("k", {"POST /x 0x00", 200, "{\"a\":1}"}, 1000));
  }
  const IdempotencyStore again(file);
  const auto known = again.recall("k", 1000 + 86'400);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->body, "{\"a\":1}");
  EXPECT_EQ(known->status, 200);
  EXPECT_FALSE(again.recall("k", 1001 + 86'400));
}

TEST(Idempotency, TheOldestGoesWhenThereAreTooMany) {
  const Folder folder;
  IdempotencyStore store(folder.path / "idempotency.json", 3);
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(store.remember(fmt::format("k{}", i), {"", 200, ""}, 1000 + i));
  EXPECT_FALSE(store.recall("k0", 2000));
  EXPECT_TRUE(store.recall("k1", 2000));
}

TEST(Idempotency, ADamagedFileIsAsGoodAsNone) {
  const Folder folder;
  std::ofstream(folder.path / "idempotency.json") << R"({"answers":{"k":{"status":"x"},"l":7}})";
  const IdempotencyStore store(folder.path / "idempotency.json");
  EXPECT_FALSE(store.recall("k", 0));
}

}  // namespace
}  // namespace lockstep::app
