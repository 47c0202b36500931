#include "api/server.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>

#include "api/core.hpp"
#include "base/assert.hpp"

namespace lockstep::api {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::chrono::milliseconds last_answers{1000};  // a client that reads no faster does without

/// Where CPUs are short, whoever reads waits for the coordinator and not the other way round. Without permission to do
/// so it stays as it is. On Linux this is the thread's own niceness.
void step_back() {
  constexpr int by = 5;
  (void)::setpriority(PRIO_PROCESS, 0, by);
}

class RunningServer final : public Server {
 public:
  RunningServer(const Options& options, Handlers handlers) : core_(options, std::move(handlers)) {}
  ~RunningServer() override { stop(); }

  Result<void> begin() {
    const auto port = listen_tcp(core_, core_.options.listen, Door::read);
    if (!port) return std::unexpected(port.error());
    port_ = *port;
    if (!core_.options.metrics.empty()) {
      const auto metrics = listen_tcp(core_, core_.options.metrics, Door::metrics);
      if (!metrics) return std::unexpected(metrics.error());
      metrics_port_ = *metrics;
    }
    if (!core_.options.admin.empty()) {
      if (!core_.options.admin.starts_with(unix_prefix)) {
        return fail("cannot listen", core_.options.admin, "the admin door is a unix socket",
                    "write it as unix:/run/lockstep/admin.sock");
      }
      const auto path = core_.options.admin.substr(unix_prefix.size());
      if (auto listening = listen_unix(core_, path); !listening) return listening;
      admin_path_ = path;
    }
    thread_ = std::thread([this] {
      step_back();
      core_.io.run();
    });
    return {};
  }

  void notify() override {
    // Many snapshots may be published while one wake-up waits: one is enough.
    if (wake_pending_.exchange(true)) return;
    asio::post(core_.io, [this] {
      wake_pending_ = false;
      for (auto* connection : core_.waiting) connection->wake();
    });
  }

  void admit(std::vector<Token> tokens, std::vector<std::string> hosts, std::shared_ptr<Tls> tls) override {
    asio::post(core_.io, [this, tokens = std::move(tokens), hosts = std::move(hosts), tls = std::move(tls)]() mutable {
      ++core_.admitted;
      if (tls) core_.options.tls = std::move(tls);
      core_.options.tokens = std::move(tokens);
      core_.options.hosts = std::move(hosts);
      core_.options.hosts.insert(core_.options.hosts.end(), core_.own_hosts.begin(), core_.own_hosts.end());
    });
  }

  std::uint16_t port() const override { return port_; }
  std::uint16_t metrics_port() const override { return metrics_port_; }

  void stop() override {
    const std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    core_.unanswered.wait_for(last_answers);
    core_.io.stop();
    if (thread_.joinable()) thread_.join();
    boost::system::error_code ignored;  // nobody runs any more: who waits for an answer sees the end of its connection
    for (auto* connection : core_.open) connection->socket.close(ignored);
    core_.workers.join();  // callbacks that wait end first: their owner answers them when it stops
    if (!admin_path_.empty()) unlink(admin_path_.c_str());
  }

 private:
  Core core_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{core_.io.get_executor()};
  std::thread thread_;
  std::atomic<bool> wake_pending_ = false;
  std::mutex stop_mutex_;
  bool stopped_ = false;
  std::uint16_t port_ = 0, metrics_port_ = 0;
  std::string admin_path_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Options& options, Handlers handlers) {
  LOCKSTEP_ASSERT(handlers.snapshot && handlers.read_journal && handlers.submit_plan && handlers.command &&
                  handlers.manifest && handlers.report);
  auto server = std::make_unique<RunningServer>(options, std::move(handlers));
  if (auto begun = server->begin(); !begun) return std::unexpected(begun.error());
  return server;
}

}  // namespace lockstep::api
