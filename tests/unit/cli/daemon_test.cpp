// Verbs that ask a daemon, against the real API with a made-up snapshot behind it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/server.hpp"
#include "app/cli/event_stream.hpp"
#include "app/cli/session.hpp"
#include "tests/unit/api/world.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

TEST(EventStream, EventsComeOutOfAnyPieces) {
  const std::string wire =
      "retry: 2000\n\n: heartbeat\n\nid: 7\nevent: journal\ndata: {\"seq\":7}\n\nevent: gap\ndata: a\ndata: b\n\nid: 8";
  for (std::size_t size = 1; size <= wire.size(); ++size) {
    EventStream stream;
    std::vector<StreamEvent> events;
    for (std::size_t at = 0; at < wire.size(); at += size) {
      for (auto& event : stream.feed(std::string_view(wire).substr(at, size))) events.push_back(std::move(event));
    }
    ASSERT_EQ(events.size(), 2U) << "in pieces of " << size;
    EXPECT_EQ(events[0].id + events[0].type + events[0].data, "7journal{\"seq\":7}");
    EXPECT_EQ(events[1].id + events[1].type + events[1].data, "gapa\nb");
  }
}

class Daemon : public ::testing::Test {
 protected:
  Daemon() {
    folder_ = std::filesystem::temp_directory_path() / ("lockstep-daemon-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    options_.listen = "127.0.0.1:0";
    options_.admin = "unix:" + (folder_ / "admin.sock").string();
  }
  ~Daemon() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() { start(world.handlers()); }
  void start(api::Handlers handlers) {
    auto started = api::Server::start(options_, std::move(handlers));
    ASSERT_TRUE(started.has_value()) << started.error().text();
    server_ = std::move(*started);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  struct Ran {
    int code = 0;
    std::string out, err;
    std::vector<std::uint64_t> seqs() const {
      std::vector<std::uint64_t> all;
      std::istringstream lines(out);
      for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line)["seq"]);
      return all;
    }
  };
  Ran lockstep(std::vector<std::string> arguments, bool admin = false, const std::string& input = {}) {
    arguments.insert(arguments.end(), {"--url", admin ? options_.admin : url()});
    std::istringstream in(input);
    std::ostringstream out, err;
    Ran ran;
    ran.code = run(arguments, in, out, err);
    ran.out = out.str();
    ran.err = err.str();
    return ran;
  }

  api::World world;
  std::unique_ptr<api::Server> server_;

 private:
  api::Options options_;
  std::filesystem::path folder_;
};

TEST_F(Daemon, TailShowsTheLastLinesOrAllSinceOne) {
  world.append(2500, 50);  // most are in the journal only
  start();
  const auto last = lockstep({"journal", "tail", "--json"});
  EXPECT_EQ(last.code, 0) << last.err;
  ASSERT_EQ(last.seqs().size(), 100U);
  EXPECT_EQ(last.seqs().front(), 2404U);
  EXPECT_EQ(last.seqs().back(), 2503U);
  EXPECT_EQ(json::parse(last.out.substr(0, last.out.find('\n')))["schema"], "lockstep.journal-line/1");
  const auto all = lockstep({"journal", "tail", "--after", "3", "--json"});
  EXPECT_EQ(all.seqs().size(), 2500U);
  const auto three = lockstep({"journal", "tail", "-n", "3"});
  EXPECT_EQ(std::ranges::count(three.out, '\n'), 3);
  EXPECT_NE(three.out.find("line 2503"), std::string::npos);
}

TEST_F(Daemon, TailOfAPlanShowsNoOthers) {
  world.append(1200, 50);
  start();
  const auto ran = lockstep({"journal", "tail", "--plan", "ab000000", "-n", "4", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.seqs(), (std::vector<std::uint64_t>{1197, 1199, 1201, 1203})) << "odd ones are its own";
  EXPECT_EQ(lockstep({"journal", "tail", "--plan", "00000000"}).code, 66);
  EXPECT_EQ(lockstep({"journal", "tail", "-n", "3", "--after", "1"}).code, 64);
}

TEST_F(Daemon, TailFollowsWhatIsWrittenAfterTheLastPage) {
  auto handlers = world.handlers();
  auto read = handlers.read_journal;
  bool more = true;
  // Two lines are written when everything before them was read: only the event stream can bring them.
  handlers.read_journal = [&, read](std::uint64_t after, std::size_t limit) {
    auto page = read(after, limit);
    if (page && page->empty() && std::exchange(more, false)) world.append(2);
    return page;
  };
  start(std::move(handlers));
  const auto ran = lockstep({"journal", "tail", "--follow", "--json", "--timeout", "1s"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.seqs(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5})) << "each once";
}

TEST_F(Daemon, HaltAsksForTheShortIdAndAReason) {
  start();
  EXPECT_EQ(lockstep({"plan", "halt", "ab000000"}, true).code, 64) << "no reason";
  EXPECT_EQ(lockstep({"plan", "halt", "ab000000", "--reason", "drained"}, true, "wrong\n").code, 77);
  EXPECT_TRUE(world.commands().empty());
  const auto ran = lockstep({"plan", "halt", "ab000000", "--reason", "drained"}, true, "ab000000\n");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(world.commands(), std::vector<std::string>{"halt ab00 drained by uid"});
  EXPECT_EQ(lockstep({"plan", "halt", "ab000000", "--reason", "again", "--yes", "--json"}, true).code, 0);
  EXPECT_EQ(lockstep({"plan", "halt", "ab000000", "--reason", "x", "--yes"}).code, 77)
      << "the read API is no door for it";
}

TEST_F(Daemon, StatusShowsPeers) {
  Address peer;
  peer.bytes[0] = 7;
  world.set([&](view::Snapshot& snapshot) {
    snapshot.peers[peer].health = {peer, false, 12, 2, "HTTP status 502", 0.25};
    snapshot.peers[peer].heard.insert(api::hash_of(0xab, 1));
  });
  start();
  const auto ran = lockstep({"status"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("  " + to_hex(peer) + " DOWN  attestations 0, heard of 1 plans: HTTP status 502\n"),
            std::string::npos)
      << ran.out;
}

}  // namespace
}  // namespace lockstep::app
