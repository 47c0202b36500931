#include <filesystem>
#include <fstream>

#include "app/cli/verbs.hpp"
#include "journal/sqlite_journal.hpp"

// All but tail need a stopped daemon: a journal has one owner.
namespace lockstep::app {
namespace {

using Opened = std::unique_ptr<journal::SqliteJournal>;

Opened open(Session& session, Exit& failed) {
  const auto loaded = session.config(failed);
  if (!loaded) return nullptr;
  const std::string scheme = "sqlite://";
  journal::JournalOptions options;
  options.file = loaded->config.store_url.substr(scheme.size());
  options.create = false;
  options.reserve_bytes = 0;
  std::error_code ignored;
  if (!std::filesystem::exists(options.file, ignored)) {
    failed = session.fail({"journal " + options.file.string() + " does not exist", {}, {}, "check store.url"},
                          Exit::file_missing);
    return nullptr;
  }
  auto opened = journal::SqliteJournal::open(options);
  if (!opened) {
    failed = session.fail(opened.error(), Exit::io);
    return nullptr;
  }
  return std::move(*opened);
}

Exit verify(Session& session) {
  Exit failed{};
  const auto journal = open(session, failed);
  if (!journal) return failed;
  if (auto done = journal->verify(); !done) return session.fail(done.error(), Exit::io);
  return session.result({{"schema", "lockstep.journal-verify/1"}, {"ok", true}, {"last_seq", journal->last_seq()}},
                        "ok: " + std::to_string(journal->last_seq()) + " records");
}

Exit export_to(Session& session, const std::string& file) {
  Exit failed{};
  const auto journal = open(session, failed);
  if (!journal) return failed;
  std::ofstream out(file, std::ios::noreplace);
  if (!out)
    return session.fail({"cannot create " + file, {}, "it exists, or its directory does not", {}}, Exit::cannot_create);
  if (auto done = journal->export_lines(out); !done) return session.fail(done.error(), Exit::io);
  return session.result({{"schema", "lockstep.journal-export/1"}, {"file", file}, {"last_seq", journal->last_seq()}},
                        file);
}

Exit backup(Session& session, const std::string& file) {
  Exit failed{};
  const auto journal = open(session, failed);
  if (!journal) return failed;
  if (auto done = journal->backup(file); !done) return session.fail(done.error(), Exit::cannot_create);
  return session.result({{"schema", "lockstep.journal-backup/1"}, {"file", file}, {"last_seq", journal->last_seq()}},
                        file);
}

}  // namespace

void add_journal(CLI::App& app, Session& session, Verb& verb) {
  const auto file = std::make_shared<std::string>();
  auto* journal = app.add_subcommand("journal", "the journal: tail asks the daemon, the others need it stopped")
                      ->require_subcommand(1)
                      ->fallthrough();
  const auto options = std::make_shared<TailOptions>();
  auto* tail = journal->add_subcommand("tail", "the last lines of a running daemon's journal")->fallthrough();
  tail->add_flag("-f,--follow", options->follow, "and every new one, until interrupted or --timeout");
  tail->add_option("--plan", options->plan, "only of this plan");
  auto* lines = tail->add_option("-n,--lines", options->lines, "how many")->capture_default_str();
  tail->add_option("--after", options->after, "all lines after this sequence number instead")->excludes(lines);
  tail->callback(
      [&session, &verb, options] { verb = [&session, options] { return journal_tail(session, *options); }; });
  auto* check = journal->add_subcommand("verify", "hash chain and database, whole")->fallthrough();
  check->callback([&session, &verb] { verb = [&session] { return verify(session); }; });
  auto* write = journal->add_subcommand("export", "every record as a JSON line")->fallthrough();
  write->add_option("FILE", *file)->required();
  write->callback([&session, &verb, file] { verb = [&session, file] { return export_to(session, *file); }; });
  auto* copy =
      journal->add_subcommand("backup", "a compact copy; the signing guard is never part of one")->fallthrough();
  copy->add_option("FILE", *file)->required();
  copy->callback([&session, &verb, file] { verb = [&session, file] { return backup(session, *file); }; });
}

}  // namespace lockstep::app
