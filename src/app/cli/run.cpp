#include <algorithm>
#include <ostream>

#include "app/cli/operating.hpp"
#include "app/cli/verbs.hpp"
#include "settings/check.hpp"

namespace lockstep::app {
namespace {

void add_globals(CLI::App& app, GlobalFlags& flags) {
  app.add_option("-c,--config", flags.config, "config file, repeatable; later ones win")->allow_extra_args(false);
  app.add_option("--url", flags.url, "the daemon: http://…, https://… or unix:/path");
  app.add_option("--token-file", flags.token_file, "bearer token, file of mode 0600");
  app.add_option("--timeout", flags.timeout, "as 30s, 10m, 2h");
  app.add_option("--color", flags.color, "auto, always, never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("--json", flags.json, "exactly one JSON document on stdout");
  app.add_flag("-q,--quiet", flags.quiet, "no prose");
  app.add_flag("-v,--verbose", flags.verbose, "more prose");
  app.add_flag("--no-input", flags.no_input, "never ask");
}

/// The command that the arguments led to.
const CLI::App& reached(const CLI::App& app) {
  const auto* at = &app;
  for (auto next = at->get_subcommands(); !next.empty(); next = at->get_subcommands()) at = next.front();
  return *at;
}

std::vector<std::string> names_after(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* sub : command.get_subcommands(nullptr)) names.push_back(sub->get_name());
  return names;
}

/// "lockstep plan".
std::string path_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return (parent != nullptr ? path_of(*parent) + " " : "") + command.get_name();
}

/// Every option that may stand there: its own, and those of the commands it is in.
std::vector<std::string> options_at(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* at = &command; at != nullptr; at = at->get_parent()) {
    for (const auto* option : at->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

/// What CLI11 says of it, or of a word that is none of the commands, which; and what may have been meant.
Error misread(const CLI::App& app, const CLI::ParseError& error) {
  const auto& command = reached(app);
  Error told{error.what(), {}, {}, "lockstep --help"};
  const auto left = app.remaining(true);
  if (left.empty()) return told;
  const auto& word = left.front();
  const bool option = word.starts_with("-");
  const auto known = option ? options_at(command) : names_after(command);
  if (!option && !known.empty()) told.what = "\"" + word + "\" is no command of " + path_of(command);
  if (const auto meant = settings::nearest(word.substr(0, word.find('=')), known); !meant.empty())
    told.next = "did you mean \"" + meant + "\"?";
  return told;
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::istream& in, std::ostream& out, std::ostream& err) {
  Session session(in, out, err);
  Verb verb;
  CLI::App app{"Coordinated upgrades over many chains. Exit codes and files: docs/operations.", "lockstep"};
  app.require_subcommand(1);
  add_globals(app, session.flags);
  add_init(app, session, verb);
  add_doctor(app, session, verb);
  add_config(app, session, verb);
  add_plan(app, session, verb);
  add_status(app, session, verb);
  add_key(app, session, verb);
  add_chain(app, session, verb);
  add_signer(app, session, verb);
  add_protocol(app, session, verb);
  add_report(app, session, verb);
  add_notify(app, session, verb);
  add_token(app, session, verb);
  add_journal(app, session, verb);
  add_mirror(app, session, verb);
  add_drill(app, session, verb);
  add_version(app, session, verb);
  add_completions(app, session, verb);
  try {
    // CLI11 takes the arguments last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, out, err);
    return code(session.fail(misread(app, error), Exit::usage));
  }
  return code(verb());
}

}  // namespace lockstep::app
