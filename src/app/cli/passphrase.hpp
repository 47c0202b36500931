#pragma once
// Passphrases and keys come from a terminal with echo off or from a file nobody else can read; never from argv or the
// environment.
#include <string>

#include "app/cli/session.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::app {

/// `file` empty: asked on the terminal, twice if `repeat`. Refused with --no-input or without a terminal.
Result<settings::Secret> ask_secret(Session& session, const std::string& what, const std::string& file, bool repeat);

}  // namespace lockstep::app
