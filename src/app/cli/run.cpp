#include <algorithm>
#include <ostream>

#include "app/cli/operating.hpp"
#include "app/cli/verbs.hpp"

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
    return code(session.fail({error.what(), {}, {}, "lockstep --help"}, Exit::usage));
  }
  return code(verb());
}

}  // namespace lockstep::app
