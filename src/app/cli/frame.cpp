#include <unistd.h>

#include <cstdio>

#include "app/cli/operating.hpp"

namespace lockstep::app {

bool redraws(const Session& session) { return !session.flags.json && ::isatty(STDOUT_FILENO) == 1; }

void frame(Session& session, const nlohmann::json& document, const std::string& text) {
  // Home and clear (ECMA-48), in one write with the frame.
  session.stream(document, redraws(session) ? "\033[H\033[2J" + text : text);
}

}  // namespace lockstep::app
