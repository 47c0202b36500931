#include "app/report_desk.hpp"

#include <algorithm>

#include "app/report/report.hpp"
#include "runtime/wall_clock.hpp"

namespace lockstep::app {
namespace {

constexpr std::size_t page = 500;      // records read between two steps
constexpr std::size_t most_made = 16;  // reports kept as they were signed

api::Page rendered(const nlohmann::json& report, api::ReportFormat format) {
  switch (format) {
    case api::ReportFormat::markdown:
      return {"text/markdown; charset=utf-8", report_markdown(report), {}};
    case api::ReportFormat::html:
      return {"text/html; charset=utf-8", report_html(report), report_policy()};
    case api::ReportFormat::json:
      break;
  }
  return {"application/json", report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), {}};
}

}  // namespace

Result<api::Page> ReportDesk::report(runtime::Runtime& runtime, const Hash32& plan, const std::string& manifest,
                                     api::ReportFormat format) {
  ReportSource source;
  source.manifest = manifest;
  const auto snapshot = runtime.publisher().current();
  if (snapshot) {
    source.service = snapshot->service_name;
    source.version = snapshot->version;
  }
  source.made_at = runtime::wall_ms() / 1000;
  Excerpt excerpt;
  std::uint64_t after = 0;
  for (bool more = true; more;) {
    Result<std::vector<journal::LinkedEntry>> entries;
    Result<std::vector<ports::JournalEntry>> last;
    const auto visited = runtime.between_steps([&] {
      entries = journal_.read_plan_linked(plan, after, page);
      source.instance_id = journal_.instance_id();
      source.last_seq = journal_.last_seq();
      last = journal_.read(source.last_seq - 1, 1);
    });
    if (!visited) return std::unexpected(visited.error());
    if (!entries) return std::unexpected(entries.error());
    if (!last || last->empty()) return fail("the end of the journal cannot be read");
    source.last_hash = last->front().chain_hash;
    more = entries->size() == page;
    if (!entries->empty()) after = entries->back().entry.seq;
    if (auto added = excerpt.add(std::move(*entries)); !added) return std::unexpected(added.error());
  }
  const bool is_signed = key_ && !distrusted_;
  if (const auto before = is_signed ? made(plan, after) : std::nullopt) return rendered(*before, format);
  source.entries = excerpt.take();
  auto fresh = make_report(source, is_signed ? key_.get() : nullptr);
  if (!fresh) return std::unexpected(fresh.error());
  if (is_signed) keep({plan, after, *fresh});
  return rendered(*fresh, format);
}

std::optional<nlohmann::json> ReportDesk::made(const Hash32& plan, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find_if(made_, [&](const Made& one) { return one.plan == plan && one.end == end; });
  if (at == made_.end()) return std::nullopt;
  return at->report;
}

void ReportDesk::keep(Made made) {
  const std::lock_guard lock(mutex_);
  std::erase_if(made_, [&](const Made& one) { return one.plan == made.plan; });
  made_.push_back(std::move(made));
  if (made_.size() > most_made) made_.pop_front();
}

}  // namespace lockstep::app
