// lockstepd: one operator's daemon.
#include <malloc.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/reload.hpp"
#include "app/tls_files.hpp"
#include "app/wire.hpp"
#include "runtime/log.hpp"

namespace {

using namespace lockstep;

int report(const app::Ended& ended) {
  for (const auto& error : ended.errors) std::fprintf(stderr, "lockstepd: %s\n", error.text().c_str());
  return app::code(ended.exit);
}

/// Keys live in this process: no core dump, no other process of this user reads its memory.
void protect_memory() {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

/// A handful of threads that mostly wait: two arenas serve them, and what a back-fill needed for a moment goes back to
/// the system.
void bound_memory() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_MMAP_THRESHOLD, 1 << 18);
}

/// Signals are taken by one thread; all others are started with them blocked.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

int run(const settings::Settings& settings, const std::vector<std::filesystem::path>& files, const sigset_t& signals) {
  auto daemon = app::Daemon::build(settings, files);
  if (!daemon) return report(daemon.error());
  std::thread([&daemon, signals] {
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) (*daemon)->reload();
    runtime::log::info("app", "stopping", {{"event", std::to_string(signal)}});
    (*daemon)->stop();
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) continue;
    // A second one means now.
    std::_Exit(128 + signal);
  }).detach();
  return report((*daemon)->run());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli{"lockstepd: watches, decides and carries out coordinated upgrades for one operator"};
  std::vector<std::filesystem::path> files;
  bool check_only = false;
  cli.add_option("-c,--config", files, "configuration file; may be repeated")->required();
  cli.add_flag("--check", check_only, "check configuration, protocol files and secrets, then exit");
  cli.set_version_flag("--version", app::version);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : app::code(app::Exit::usage);
  }
  bound_memory();
  protect_memory();
  const auto signals = block_signals();
  try {
    for (const auto& file : files) {
      std::error_code unknown;  // an answer other than "no" is left to the loader, which says more
      if (std::filesystem::exists(file, unknown) || unknown) continue;
      const Error missing{"config file " + file.string() + " does not exist", "--config", "",
                          "name an existing file with --config"};
      return report({app::Exit::file_missing, {missing}});
    }
    const auto settings = settings::load_settings(files);
    if (!settings) return report({app::Exit::bad_config, settings.error()});
    app::configure_log(settings->loaded.config);
    for (const auto& notice : settings->loaded.notices)
      runtime::log::warn("app", "configuration notice", {{"err", notice.text()}});
    if (check_only) {
      if (const auto checked = app::check(*settings); !checked) return report(checked.error());
      const auto tls = app::read_tls(settings->outlets.tls);
      return tls ? 0 : report({app::Exit::bad_config, {tls.error()}});
    }
    return run(*settings, files, signals);
  } catch (const std::exception& error) {
    return report({app::Exit::unexpected,
                   {Error{"lockstepd ended by an exception", "", error.what(), "report this with the log"}}});
  }
}
