#pragma once
// What every verb shares: global flags, where output goes, and how a refusal is told. stdout is the result only; prose
// and errors go to stderr.
#include <functional>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/exit_code.hpp"
#include "base/result.hpp"
#include "settings/outlets.hpp"

namespace lockstep::app {

struct GlobalFlags {
  std::vector<std::string> config;
  std::string url, token_file, color = "auto", timeout;
  bool json = false, quiet = false, no_input = false;
  int verbose = 0;
};

class Session {
 public:
  Session(std::istream& in, std::ostream& out, std::ostream& err) : in_(in), out_(out), err_(err) {}

  GlobalFlags flags;

  /// With --json the one document; else the text. Both must be the whole result.
  Exit result(const nlohmann::json& document, const std::string& text);
  /// One line of a stream: JSON lines with --json.
  void stream(const nlohmann::json& document, const std::string& text);
  void say(const std::string& line);     // prose on stderr, silent with -q
  void detail(const std::string& line);  // prose with -v
  /// Every error on stderr; with --json also one document of schema "lockstep.error/1" on stdout.
  Exit fail(const std::vector<Error>& errors, Exit exit);
  Exit fail(const Error& error, Exit exit) { return fail(std::vector{error}, exit); }

  /// --config, else the first of ./config.toml, $XDG_CONFIG_HOME/lockstep/config.toml, /etc/lockstep/config.toml that
  /// exists. Says what is wrong and returns nothing; `failed` is then the exit code.
  std::optional<settings::Loaded> config(Exit& failed);
  std::optional<settings::Settings> all_settings(Exit& failed);
  /// The read API, or with `admin` the admin socket: --url if given, else what the config says.
  std::optional<std::string> endpoint(bool admin, Exit& failed);
  /// --timeout in seconds, or the fallback.
  std::optional<std::uint64_t> timeout_s(std::uint64_t fallback, Exit& failed);

  /// Asks the person to type `expected`. False with --no-input or without a terminal.
  bool confirm(const std::string& question, const std::string& expected);
  std::istream& in() { return in_; }
  std::ostream& err() { return err_; }

 private:
  bool coloured() const;
  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
};

using Verb = std::function<Exit()>;

/// The whole program: parses, runs one verb, returns the exit code.
int run(const std::vector<std::string>& arguments, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace lockstep::app
