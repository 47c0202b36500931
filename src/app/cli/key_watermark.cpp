#include <algorithm>
#include <filesystem>

#include "app/cli/key_watermark.hpp"
#include "journal/guard.hpp"
#include "settings/protocol.hpp"

namespace lockstep::app {
namespace {

bool is_known(const settings::Config& config, const std::string& protocol) {
  return std::ranges::any_of(config.protocol_files, [&](const auto& file) {
    const auto loaded = settings::load_protocol(file);
    return loaded && loaded->name == protocol;
  });
}

}  // namespace

Exit key_watermark(Session& session, const std::string& protocol, std::uint64_t epoch, bool yes) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto& config = loaded->config;
  if (!is_known(config, protocol)) {
    return session.fail({"protocol \"" + protocol + "\" is not configured",
                         {},
                         "a watermark of another name protects nothing",
                         "give the name in its protocol file"},
                        Exit::usage);
  }
  if (!yes && !session.confirm("From now on this operator signs nothing of " + protocol + " up to epoch " +
                                   std::to_string(epoch) + ", for ever. Type the protocol's name",
                               protocol))
    return session.fail({"nothing was done", {}, "it was not confirmed", "repeat it with --yes"}, Exit::usage);
  journal::JournalOptions options;
  options.file = config.store_url.substr(std::string_view("sqlite://").size());
  options.reserve_bytes = 0;
  auto journal = journal::SqliteJournal::open(options);
  if (!journal) return session.fail(journal.error(), Exit::io);
  auto guard = journal::Guard::open({config.data_dir / "guard.db", {}}, **journal);
  if (!guard) return session.fail(guard.error(), Exit::io);
  const auto now = (*guard)->import_watermark(protocol, epoch);
  if (!now) return session.fail(now.error(), Exit::io);
  return session.result({{"schema", "lockstep.key-watermark/1"}, {"protocol", protocol}, {"epoch", *now}},
                        protocol + ": nothing up to epoch " + std::to_string(*now) + " is signed here");
}

}  // namespace lockstep::app
