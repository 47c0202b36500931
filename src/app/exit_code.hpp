#pragma once
// Exit codes of both programs (SURFACE, after sysexits.h). The systemd unit does not restart on 64 65 66 77 78.
namespace lockstep::app {

enum class Exit : int {
  ok = 0,
  unexpected = 1,      // none of the others; the message says what
  not_reached = 10,    // a condition was not reached in time
  closed_old = 11,     // the plan closed OLD, was refused or is frozen
  drift = 12,          // the chains are not as the plan or the protocol file says
  unhealthy = 13,      // `doctor` or `status` found something wrong
  usage = 64,          // a flag or argument is wrong or missing
  bad_document = 65,   // plan or protocol file
  file_missing = 66,   // a file or what is named in one does not exist
  unreachable = 69,    // the daemon or an endpoint does not answer
  bug = 70,            // a law or an invariant does not hold; please report it
  cannot_create = 73,  // a file exists already, or another process holds the data directory
  io = 74,             // the disk failed, or the journal cannot be trusted
  try_later = 75,      // not recorded, the disk may be full; nothing was done
  not_allowed = 77,    // a file others can read, a caller who may not
  bad_config = 78,     // config.toml, or what it refers to
};

constexpr int code(Exit exit) { return static_cast<int>(exit); }

}  // namespace lockstep::app
