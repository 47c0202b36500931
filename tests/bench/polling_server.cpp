// The API's server by itself, for tests/bench/polling.mjs.
//   polling_server BYTES       serves a status page of about so many bytes
//   polling_server DIR MS      serves what an engine does: one durable step with its effects every so many
//   milliseconds,
//                              its journal in DIR. For every line on stdin it prints how long the steps since the last
//                              one took.
// Says its port first, and ends with its stdin.
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>

#include "api/json.hpp"
#include "api/server.hpp"
#include "tests/bench/bench_engine.hpp"

namespace {

using namespace lockstep;

view::SnapshotPtr page_of(std::size_t bytes) {
  auto shown = std::make_shared<view::Snapshot>();
  shown->service_name = "bench";
  shown->version = "1";
  shown->assurance = "single";
  shown->ready = true;
  shown->started_ms = 1'700'000'000'000;
  shown->now_ms = shown->started_ms;
  const auto bare = api::dump(api::status_json(*shown)).size();
  if (bytes > bare) shown->service_name.append(bytes - bare, 'x');
  return shown;
}

std::unique_ptr<api::Server> serve(std::function<view::SnapshotPtr()> snapshot) {
  const auto none = []() { return std::unexpected(api::Refused(Error{"the bench changes nothing", {}, {}, {}})); };
  api::Handlers handlers;
  handlers.snapshot = std::move(snapshot);
  handlers.read_journal = [](std::uint64_t, std::size_t) { return Result<std::vector<view::JournalLine>>(); };
  handlers.submit_plan = [none](const std::string&) -> std::expected<api::Accepted, api::Refused> { return none(); };
  handlers.command = [none](const Hash32&, coordinator::CommandKind, const std::string&,
                            const std::string&) -> std::expected<api::Accepted, api::Refused> { return none(); };
  handlers.manifest = [](const Hash32&) { return Result<std::string>("{}"); };
  handlers.report = [](const Hash32&, api::ReportFormat) { return Result<api::Page>(api::Page{}); };
  api::Options options;
  options.listen = "127.0.0.1:0";
  options.limits.connections = options.limits.connections_per_address = 20'000;
  options.limits.sse_clients = options.limits.sse_clients_per_address = 2'000;
  auto server = api::Server::start(options, std::move(handlers));
  if (!server) bench::give_up(server.error().text());
  std::printf("%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  return std::move(*server);
}

void wait_for_the_end() {
  for (std::string line; std::getline(std::cin, line);) continue;
}

/// Steps an engine from a thread of its own, as a daemon's writer does.
class Writer {
 public:
  Writer(bench::BenchEngine& engine, std::chrono::milliseconds every) : engine_(engine), every_(every) {
    thread_ = std::thread([this] { run(); });
  }
  ~Writer() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    ending_.notify_all();
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Of the steps since the last call.
  nlohmann::ordered_json take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(timings_, {}).json();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!ending_.wait_for(lock, every_, [this] { return ended_; })) {
      auto event = engine_.next();
      timings_.time([&] { engine_.step(std::move(event)); });
    }
  }

  bench::BenchEngine& engine_;
  const std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  bench::Timings timings_;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) {
    const auto page = page_of(std::stoul(argv[1]));
    const auto server = serve([page] { return page; });
    wait_for_the_end();
    return 0;
  }
  if (argc != 3) bench::give_up("usage: polling_server BYTES, or polling_server DIR MILLISECONDS");
  bench::BenchEngine engine(argv[1], 1);
  const auto server = serve([&engine] { return engine.publisher().current(); });
  const auto subscription = engine.publisher().subscribe([&server](const view::SnapshotPtr&) { server->notify(); });
  Writer writer(engine, std::chrono::milliseconds(std::stoul(argv[2])));
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("%s\n", writer.take().dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}
