#pragma once
#include <string>

#include "app/cli/session.hpp"

namespace lockstep::app {

/// Locks a keystore with another passphrase. The file is replaced whole, keeps owner and mode, and is touched only once
/// the new text has opened with the new passphrase and gave the same key.
Exit key_change_passphrase(Session& session, const std::string& file, const std::string& old_file,
                           const std::string& new_file);

}  // namespace lockstep::app
