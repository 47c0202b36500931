#include "coordinator/codec.hpp"
#include "journal/sqlite_journal.hpp"

namespace lockstep::journal {

Result<std::uint64_t> SqliteJournal::append(const std::vector<coordinator::Record>& records,
                                            const std::vector<coordinator::Effect>& outstanding,
                                            std::uint64_t time_ms) {
  std::vector<Bytes> bodies;
  bodies.reserve(records.size());
  for (const auto& record : records) bodies.push_back(coordinator::encode(record));
  std::map<std::string, Bytes> effects;
  for (const auto& effect : outstanding) effects.emplace(coordinator::key(effect), coordinator::encode(effect));
  return append_bytes(bodies, effects, time_ms);
}

}  // namespace lockstep::journal
