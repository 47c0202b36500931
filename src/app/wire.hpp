#pragma once
// The daemon, wired: one top-to-bottom list of what it is made of. The only place that names concrete classes.
#include <memory>
#include <string>
#include <vector>

#include "app/exit_code.hpp"
#include "base/result.hpp"
#include "settings/outlets.hpp"

namespace lockstep::app {

/// Why the daemon cannot start or had to end.
struct Ended {
  Exit exit = Exit::unexpected;
  std::vector<Error> errors;
};

class Daemon {
 public:
  /// Reads protocols and secrets, opens journal, guard and chains. Starts nothing.
  /// `files`: what the settings were read from, and are read from again.
  static std::expected<std::unique_ptr<Daemon>, Ended> build(const settings::Settings& settings,
                                                             const std::vector<std::filesystem::path>& files);
  ~Daemon();

  /// Replays the journal, binds recovered plans to their documents, starts runtime and API; returns when stop() was
  /// called or the runtime ended by itself.
  Ended run();
  /// From a signal-handling thread.
  void stop();
  /// From a signal-handling thread: reads the configuration again, and logs what came of it.
  void reload();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Everything that can be checked without touching the data directory or the network: configuration, protocol files,
/// bindings, secrets.
std::expected<void, Ended> check(const settings::Settings& settings);

inline constexpr const char* version = LOCKSTEP_VERSION;  // of the CMake project

}  // namespace lockstep::app
