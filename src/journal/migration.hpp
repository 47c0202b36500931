#pragma once
// How a file of an older version becomes one of today's: whole or not at all.
#include <cstdint>
#include <string>

#include "journal/sqlite.hpp"

namespace lockstep::journal {

/// Migrates `database`, which is sound and of version `from`, to kind.version.
///
/// If the kind has a seal, a copy "<file>.v<from>" is made first: durable, read back and sealed alike, else nothing is
/// migrated. A copy that an interrupted migration left is kept if it is whole and made anew if not. Then all migrations
/// and the new user_version are one transaction, and the seal must still be the same before it commits: after a crash
/// at any point the file is of the old version or of the new one, and both can be opened.
Result<void> migrate(Database& database, const FileKind& kind, std::uint32_t from, const std::string& vfs);

}  // namespace lockstep::journal
