#pragma once
// What is in the journal's file besides records: who it is, and single facts about it.
#include "journal/sqlite.hpp"

namespace lockstep::journal {

extern const FileKind journal_file;

/// Reads the random instance id, making it durable first if the file is new.
Result<Hash32> journal_instance_id(Database& database);
/// The chain hash of record `seq`; `before_first` for seq 0.
Result<Hash32> chain_hash_at(Database& database, std::uint64_t seq, const Hash32& before_first);

}  // namespace lockstep::journal
