// An API that cannot listen: told at once where nobody waits for it, tried again where an upgrade goes on.
#include "app/api_keeper.hpp"

#include <gtest/gtest.h>
#include <future>

#include "api/server.hpp"

namespace lockstep::app {
namespace {

using namespace std::chrono_literals;

struct Opened final : Api {
  explicit Opened(std::promise<std::string>& told_) : told(told_) {}
  void admit(const Admission& now) override { told.set_value(now.config.service_name); }
  std::promise<std::string>& told;
};

/// Fails `failures` times, then opens; keeps count.
struct Door {
  explicit Door(int failures_) : failures(failures_) {}
  ApiKeeper::Open open() {
    return [this]() -> Result<std::unique_ptr<Api>> {
      const auto number = ++tries;
      if (number <= failures) return fail("cannot listen", "127.0.0.1:8780", "Address already in use");
      if (number == failures + 1) opened.set_value();
      return std::make_unique<Opened>(told);
    };
  }
  std::atomic<int> tries = 0;
  const int failures;
  std::promise<void> opened;
  std::promise<std::string> told;
};

TEST(ApiKeeper, WithoutAnUpgradeItSaysThatItCannotListen) {
  Door door(1);
  ApiKeeper keeper(door.open(), 1ms);
  const auto started = keeper.start(false);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().why, "Address already in use");
  EXPECT_EQ(door.tries, 1);
}

TEST(ApiKeeper, DuringAnUpgradeItTriesUntilItCan) {
  Door door(40);
  ApiKeeper keeper(door.open(), 1ms);
  ASSERT_TRUE(keeper.start(true));
  door.opened.get_future().wait();
  settings::Config config;
  config.service_name = "admitted";
  const settings::Outlets outlets;
  keeper.admit({config, outlets, nullptr});
  EXPECT_EQ(door.told.get_future().get(), "admitted") << "what opened late is told what was reloaded since";
  EXPECT_EQ(door.tries, 41) << "and not opened twice";
}

TEST(ApiKeeper, ItsEndDoesNotWaitForTheNextTry) {
  Door door(1'000'000);
  {
    ApiKeeper keeper(door.open(), 1h);
    ASSERT_TRUE(keeper.start(true));
  }
  EXPECT_EQ(door.tries, 1);
}

/// A real server: whoever held its address had clients, whose connections linger in TIME_WAIT.
TEST(ApiKeeper, AnAddressThatWasHeldIsTakenOnceItIsFree) {
  api::Handlers handlers;
  handlers.snapshot = [] { return view::SnapshotPtr(); };
  handlers.read_journal = [](std::uint64_t, std::size_t) { return Result<std::vector<view::JournalLine>>(); };
  handlers.submit_plan = [](const std::string&) -> std::expected<api::Accepted, api::Refused> {
    return std::unexpected(api::Refused(Error{}));
  };
  handlers.command = [](const Hash32&, coordinator::CommandKind, const std::string&,
                        const std::string&) -> std::expected<api::Accepted, api::Refused> {
    return std::unexpected(api::Refused(Error{}));
  };
  handlers.manifest = [](const Hash32&) { return Result<std::string>(""); };
  handlers.report = [](const Hash32&, api::ReportFormat) { return Result<api::Page>(api::Page{}); };
  api::Options options;
  options.listen = "127.0.0.1:0";
  options.metrics = "127.0.0.1:0";
  auto holder = api::Server::start(options, handlers);
  ASSERT_TRUE(holder) << holder.error().text();
  options.listen = "127.0.0.1:" + std::to_string((*holder)->port());

  struct Served final : Api {
    explicit Served(std::unique_ptr<api::Server> server_) : server(std::move(server_)) {}
    void admit(const Admission&) override {}
    std::unique_ptr<api::Server> server;
  };
  std::promise<void> refused, opened;
  int refusals = 0;
  ApiKeeper keeper(
      [&]() -> Result<std::unique_ptr<Api>> {
        auto server = api::Server::start(options, handlers);
        if (!server) {
          if (++refusals == 3) refused.set_value();
          return std::unexpected(server.error());
        }
        opened.set_value();
        return std::make_unique<Served>(std::move(*server));
      },
      1ms);
  ASSERT_TRUE(keeper.start(true));
  refused.get_future().wait();
  holder->reset();
  opened.get_future().wait();
  EXPECT_GE(refusals, 3);
}

}  // namespace
}  // namespace lockstep::app
