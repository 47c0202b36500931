#include "app/cli/mirror_files.hpp"

#include <fstream>

namespace lockstep::app {
namespace {

Result<Bytes> read_all(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return fail("snapshot " + file + " cannot be read", {}, {}, "name a file that lockstepd or a test wrote");
  Bytes bytes(static_cast<std::size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) return fail("snapshot " + file + " cannot be read to its end");
  return bytes;
}

}  // namespace

std::optional<mirror::Restored> load_snapshot(Session& session, const std::string& file, Exit& failed) {
  const auto bytes = read_all(file);
  if (!bytes) {
    failed = session.fail(bytes.error(), Exit::file_missing);
    return std::nullopt;
  }
  auto restored = mirror::restore(*bytes);
  if (restored) return *std::move(restored);
  failed =
      session.fail({"snapshot " + file + " is refused", {}, restored.error(), "take it again; it cannot be repaired"},
                   Exit::bad_document);
  return std::nullopt;
}

std::optional<mirror::Rules> load_rules(Session& session, const std::string& file, const mirror::Rules& as_it_is,
                                        Exit& failed) {
  if (file.empty()) return as_it_is;
  auto rules = read_rules(file, as_it_is);
  if (rules) return *std::move(rules);
  failed = session.fail(rules.error(), Exit::bad_document);
  return std::nullopt;
}

std::optional<mirror::Valuation> valued(Session& session, const std::string& file, const mirror::Columns& columns,
                                        const mirror::Rules& rules, Exit& failed) {
  mirror::Valuation valuation;
  const auto done = mirror::revalue(columns, rules, valuation);
  if (done) return valuation;
  failed = session.fail({"snapshot " + file + " cannot be valued", {}, done.error(), {}}, Exit::bad_document);
  return std::nullopt;
}

std::optional<UnixSeconds> time_of(Session& session, const std::string& given, const mirror::SnapshotLabel& label,
                                   Exit& failed) {
  if (given.empty()) return label.block_time;
  auto time = parse_rfc3339(given);
  if (!time)
    failed = session.fail({"\"" + given + "\" is no time", {}, {}, "write it as 2026-12-01T14:00:00Z"}, Exit::usage);
  return time;
}

std::string text(mirror::Int value) { return mirror::to_text(mirror::Value{value}); }

nlohmann::json json_of(const mirror::SnapshotLabel& label, const Hash32& digest) {
  return {{"instance", label.instance},
          {"block_num", std::to_string(label.block_num)},
          {"block_hash", to_hex(label.block_hash)},
          {"block_time", label.block_time == 0 ? nlohmann::json() : nlohmann::json(to_rfc3339(label.block_time))},
          {"digest", to_hex(digest)}};
}

}  // namespace lockstep::app
