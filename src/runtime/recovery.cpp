#include "coordinator/codec.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/quarantine.hpp"
#include "runtime/engine.hpp"
#include "runtime/log.hpp"

namespace lockstep::runtime {

namespace {

constexpr std::size_t page = 1000;  // journal entries in memory at a time

std::unexpected<Stop> refuse(int exit_code, Error error) { return std::unexpected(Stop{exit_code, std::move(error)}); }

/// What makes `found` into `expected`.
ports::OutboxChange difference(const std::map<std::string, Bytes>& found,
                               const std::map<std::string, coordinator::Effect>& expected) {
  ports::OutboxChange change;
  for (const auto& [key, bytes] : found)
    if (!expected.contains(key)) change.gone.push_back(key);
  for (const auto& [key, effect] : expected) {
    const auto row = found.find(key);
    if (row == found.end() || row->second != coordinator::encode(effect)) change.come.push_back(effect);
  }
  return change;
}

std::string words(const ports::OutboxChange& change) {
  std::string text;
  for (const auto& key : change.gone) text.append(text.empty() ? "" : "; ").append(key).append(" should not be there");
  for (const auto& effect : change.come)
    text.append(text.empty() ? "" : "; ").append(coordinator::key(effect)).append(" should be there");
  return text;
}

}  // namespace

Going Engine::recover() {
  while (true) {
    const auto entries = parts_.journal->read(seq_, page);
    if (!entries) return refuse(74, entries.error());
    if (entries->empty()) break;
    for (const auto& entry : *entries) {
      if (auto done = replay(entry); !done) return done;
    }
  }
  if (auto same = check_outbox(); !same) return same;
  if (parts_.on_recovered) {
    if (auto accepted = parts_.on_recovered(state_); !accepted) return refuse(78, accepted.error());
  }
  log::info("runtime", "journal replayed", {{"seq", seq_}, {"plans", std::uint64_t{state_.plans.size()}}});
  return {};
}

Going Engine::replay(const ports::JournalEntry& entry) {
  const auto record = coordinator::decode_record(entry.record);
  if (!record) {
    return refuse(70, {"a journal record cannot be read", "record " + std::to_string(entry.seq),
                       coordinator::to_text(record.error()), "run the version of lockstepd that wrote it"});
  }
  if (const auto* seen = std::get_if<coordinator::GateObserved>(&*record)) book_.observe(state_, *seen);
  if (const auto* what = std::get_if<coordinator::FinalityViolated>(&*record)) book_.replaced(state_, *what);
  coordinator::apply(state_, *record);
  seq_ = entry.seq;
  auto line = line_of(*record, state_);
  line.seq = entry.seq;
  line.time_ms = entry.time_ms;
  showcase_.add(std::move(line));
  if (const auto* raised = std::get_if<coordinator::AlarmRaised>(&*record)) {
    showcase_.add(view::Alarm{entry.time_ms, raised->plan, raised->code, raised->detail});
  }
  return {};
}

// Records and outbox were written together. If they disagree now, this program reads the records differently than the
// one that wrote them: a newer one may, by rules that are numbered; any other difference is a bug or a damaged file.
Going Engine::check_outbox() {
  const auto rows = parts_.journal->outbox();
  if (!rows) return refuse(74, rows.error());
  const auto rules = parts_.journal->rules();
  if (rules > coordinator::rules_version) {
    return refuse(70, {"the journal was written by a newer program", "record " + std::to_string(seq_),
                       "it follows rules " + std::to_string(rules) + ", this program knows " +
                           std::to_string(coordinator::rules_version),
                       "run the version of lockstepd that wrote the journal, or a later one"});
  }
  std::set<Hash32> plans;
  for (const auto& [hash, plan] : state_.plans) plans.insert(hash);
  refresh_outbox(plans);
  showcase_.changed(state_, plans);
  Effects expected;
  for (const auto& [hash, piece] : outbox_) expected.insert(piece.begin(), piece.end());
  std::map<std::string, Bytes> found;
  for (const auto& row : *rows) found.emplace(row.key, row.effect);
  const auto change = difference(found, expected);
  if (change.gone.empty() && change.come.empty()) return {};
  if (rules < coordinator::rules_version) return renew_outbox(change);
  return refuse(70, {"the outbox is not what the journal's records say", "record " + std::to_string(seq_),
                     words(change), "run the version of lockstepd that wrote the journal, and report this"});
}

/// An older program left effects that today's rules do not want, or left out some that they do. What goes may have been
/// carried out, as with everything that is overtaken; what comes is durable before it is acted on (S11).
Going Engine::renew_outbox(const ports::OutboxChange& change) {
  const auto done = parts_.journal->append({}, change, parts_.wall_ms());
  if (!done) return refuse(74, done.error());
  alarm({}, "rules-changed", "this lockstepd reads the journal of an older one by newer rules: " + words(change));
  return {};
}

void Engine::resume() {
  if (const auto why = parts_.signer ? parts_.signer->quarantined() : std::nullopt) {
    showcase_.set_quarantined(why->text());
    alarm({}, "quarantine", why->text());
  }
  for (const auto& [hash, plan] : state_.plans) {
    if (coordinator::quarantined(plan)) forgo(plan.plan);
    if (coordinator::active(plan)) {
      follow(plan.plan);
    } else if (!superseded(plan)) {
      follow_peers(plan.plan);
    }
  }
  for (const auto& effect : coordinator::outstanding(state_)) {
    book_.want(state_, effect);
    dispatch(effect, sample_for(effect));
  }
  publish();
}

Result<std::vector<view::JournalLine>> Engine::lines(std::uint64_t after_seq, std::size_t limit) const {
  const auto entries = parts_.journal->read(after_seq, limit);
  if (!entries) return std::unexpected(entries.error());
  std::vector<view::JournalLine> lines;
  lines.reserve(entries->size());
  for (const auto& entry : *entries) {
    const auto record = coordinator::decode_record(entry.record);
    if (!record) {
      return fail("a journal record cannot be read", "record " + std::to_string(entry.seq),
                  coordinator::to_text(record.error()));
    }
    auto line = line_of(*record, state_);
    line.seq = entry.seq;
    line.time_ms = entry.time_ms;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace lockstep::runtime
