#pragma once
// Exit codes of both programs (SURFACE, after sysexits.h). The systemd unit does not restart on 64 65 66 77 78.
namespace lockstep::app {

enum class Exit : int {
  ok = 0,
  unexpected = 1,
  not_reached = 10,  // a condition was not reached in time
  closed_old = 11,   // the plan closed OLD, was refused or is frozen
  drift = 12,        // `plan verify`: the chains are not as the plan says
  unhealthy = 13,
  usage = 64,
  bad_document = 65,  // plan or protocol file
  file_missing = 66,
  unreachable = 69,
  bug = 70,
  cannot_create = 73,
  io = 74,
  try_later = 75,
  not_allowed = 77,
  bad_config = 78,
};

constexpr int code(Exit exit) { return static_cast<int>(exit); }

}  // namespace lockstep::app
