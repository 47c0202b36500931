#pragma once
// Verbs about the operator's own machine, accounts and endpoints, and about what is handed on to others. Each function
// adds its verbs to the command line, as those of verbs.hpp do.
#include <CLI/CLI.hpp>

#include "app/cli/session.hpp"

namespace lockstep::app {

void add_init(CLI::App& app, Session& session, Verb& verb);
void add_doctor(CLI::App& app, Session& session, Verb& verb);
void add_signer(CLI::App& app, Session& session, Verb& verb);
void add_protocol(CLI::App& app, Session& session, Verb& verb);
void add_report(CLI::App& app, Session& session, Verb& verb);
void add_notify(CLI::App& app, Session& session, Verb& verb);
void add_token(CLI::App& app, Session& session, Verb& verb);
void add_completions(CLI::App& app, Session& session, Verb& verb);

/// A terminal gets `text` in place of the frame before; everything else gets a line of a stream.
void frame(Session& session, const nlohmann::json& document, const std::string& text);
/// Whether frame() draws over what it drew before.
bool redraws(const Session& session);

}  // namespace lockstep::app
