#pragma once
// What is in the journal's file besides records: who it is, and single facts about it.
#include <cstdint>
#include <functional>

#include "journal/sqlite.hpp"

namespace lockstep::journal {

extern const FileKind journal_file;

/// Reads the random instance id, making it durable first if the file is new.
Result<Hash32> journal_instance_id(Database& database);
/// The meta fact `rules` (ports::Journal::rules); 0 if it is not there.
Result<std::uint32_t> journal_rules(Database& database);
int set_journal_rules(Database& database, std::uint32_t rules);
/// The chain hash of record `seq`; `before_first` for seq 0.
Result<Hash32> chain_hash_at(Database& database, std::uint64_t seq, const Hash32& before_first);
/// The refusal of a record that does not fit.
std::unexpected<Error> damaged_record(const Database& database, std::uint64_t seq);

struct ChainEnd {
  std::uint64_t seq = 0;
  Hash32 hash;
};
/// Follows the hash chain over all records, of a file of any version, and shows each to `visit`, whose error ends it.
Result<ChainEnd> walk_chain(Database& database, const Hash32& before_first,
                            const std::function<Result<void>(std::uint64_t seq, BytesView body)>& visit);

}  // namespace lockstep::journal
