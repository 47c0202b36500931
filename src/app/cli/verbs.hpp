#pragma once
// Each function adds its verbs to the command line; a parsed verb puts itself into `verb`.
#include <CLI/CLI.hpp>

#include "app/cli/session.hpp"

namespace lockstep::app {

void add_config(CLI::App& app, Session& session, Verb& verb);
void add_plan(CLI::App& app, Session& session, Verb& verb);
void add_status(CLI::App& app, Session& session, Verb& verb);
void add_key(CLI::App& app, Session& session, Verb& verb);
void add_chain(CLI::App& app, Session& session, Verb& verb);
void add_journal(CLI::App& app, Session& session, Verb& verb);
void add_mirror(CLI::App& app, Session& session, Verb& verb);
void add_drill(CLI::App& app, Session& session, Verb& verb);
void add_version(CLI::App& app, Session& session, Verb& verb);

struct TailOptions {
  std::string plan;  // ID; empty: every line
  bool follow = false;
  std::size_t lines = 100;             // the last ones
  std::optional<std::uint64_t> after;  // all since this one instead
};
Exit journal_tail(Session& session, const TailOptions& options);

// The verbs of `plan`, one file per kind.
Exit plan_lint(Session& session, const std::string& file);
Exit plan_hash(Session& session, const std::string& file);
enum class Page { markdown, proposal };
Exit plan_render(Session& session, const std::string& file, Page page);
struct SafeOptions {
  std::string chain;          // empty: the only one
  std::uint64_t delay_s = 0;  // of a timelock
  bool execute = false;       // what was scheduled, instead of scheduling it
};
Exit plan_safe_batch(Session& session, const std::string& file, const SafeOptions& options);
Exit plan_simulate(Session& session, const std::string& file);
/// `passphrase_file` empty: as the config says.
Exit plan_sign(Session& session, const std::string& file, const std::string& key, const std::string& passphrase_file);
Exit plan_submit(Session& session, const std::string& file, bool yes);
Exit plan_list(Session& session);
Exit plan_show(Session& session, const std::string& id);
Exit plan_explain(Session& session, const std::string& id);
/// command: hold, resume, abort or halt.
Exit plan_command(Session& session, const std::string& command, const std::string& id, const std::string& reason,
                  bool yes);
Exit plan_watch(Session& session, const std::string& id, const std::string& until);
Exit plan_verify(Session& session, const std::string& id_or_file);

}  // namespace lockstep::app
