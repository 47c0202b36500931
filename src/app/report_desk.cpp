#include "app/report_desk.hpp"

#include "app/report/report.hpp"
#include "runtime/wall_clock.hpp"

namespace lockstep::app {
namespace {

constexpr std::size_t page = 500;  // records read between two steps

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
                                     api::ReportFormat format) const {
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
  source.entries = excerpt.take();
  const auto made = make_report(source, distrusted_ ? nullptr : key_.get());
  if (!made) return std::unexpected(made.error());
  return rendered(*made, format);
}

}  // namespace lockstep::app
