#include "app/report/page.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "app/report/report.hpp"
#include "base/text.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

const json& member(const json& object, const char* key) {
  static const json none;
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it == object.end() ? none : *it;
}

std::string shown(const json& value) {
  if (value.is_null()) return "–";
  return value.is_string() ? value.get<std::string>() : value.dump();
}
std::string shown(const json& object, const char* key) { return shown(member(object, key)); }

std::string moment(const json& value) {
  if (!value.is_object()) return "–";
  return fmt::format("{} (block {})", shown(value, "time"), shown(value, "num"));
}

std::string seconds(const json& value) { return value.is_null() ? "–" : value.dump() + " s"; }

PageBlock summary(const json& report) {
  const auto& plan = member(report, "plan");
  const auto& result = member(report, "result");
  const auto& window = member(plan, "window");
  PageBlock block{"Summary", {}, {"what", "value"}, {}};
  const auto row = [&](const char* what, std::string value) { block.rows.push_back({what, std::move(value)}); };
  row("plan", shown(plan, "id"));
  row("protocol", shown(plan, "protocol") + ", epoch " + shown(plan, "epoch"));
  row("versions", shown(plan, "from_version") + " to " + shown(plan, "to_version"));
  row("result", shown(result, "stage") + ", decision " + shown(result, "decision") + " in block " +
                    shown(result, "decided_block") + " of " + shown(plan, "home"));
  row("halt planned for", shown(window, "halt_at"));
  row("decision due by", shown(window, "decide_by"));
  const auto& skew = member(report, "skew_s");
  row("skew between chains", fmt::format("halted {}, switched {}, closed {}", seconds(member(skew, "halted")),
                                         seconds(member(skew, "switched")), seconds(member(skew, "closed"))));
  const auto& made = member(report, "made");
  row("made", shown(made, "time") + " by " + shown(made, "service") + ", lockstep " + shown(made, "version"));
  return block;
}

PageBlock chains(const json& report) {
  PageBlock block{"Chains",
                  "Times are each chain's own; blocks are the first final ones that showed it.",
                  {"chain", "armed", "halted", "switched", "closed", "as", "halted window"},
                  {}};
  for (const auto& one : member(report, "instances")) {
    block.rows.push_back({shown(one, "chain") + (member(one, "home") == true ? " (home)" : ""),
                          moment(member(one, "armed")), moment(member(one, "halted")), moment(member(one, "switched")),
                          moment(member(one, "closed")), shown(one, "closed_as"),
                          seconds(member(one, "halted_window_s"))});
  }
  return block;
}

PageBlock transactions(const json& report) {
  PageBlock block{"Transactions of this operator", {}, {"chain", "action", "status", "transaction"}, {}};
  for (const auto& one : member(report, "instances")) {
    for (const auto& txn : member(one, "transactions"))
      block.rows.push_back({shown(one, "chain"), shown(txn, "action"), shown(txn, "status"), shown(txn, "txn")});
  }
  if (block.rows.empty()) block.paragraph = "It sent none: others were first.";
  return block;
}

PageBlock signatures(const json& report) {
  const auto& operators = member(member(report, "plan"), "operators");
  PageBlock block{"Who signed",
                  fmt::format("{} operators, {} signatures needed, {} may fail.", member(operators, "addresses").size(),
                              shown(operators, "threshold"), shown(operators, "faulty")),
                  {"statement", "outcome", "operator", "evidence"},
                  {}};
  for (const auto& one : member(report, "attestations"))
    block.rows.push_back({shown(one, "kind"), shown(one, "outcome"), shown(one, "signer"), shown(one, "evidence")});
  return block;
}

void add_rows(PageBlock& block, const json& instance, const char* part) {
  const auto& value = member(instance, part);
  const auto& rows = value.is_array() ? value : member(value, "rows");
  for (const auto& row : rows)
    block.rows.push_back({shown(instance, "chain"), part, shown(row, "level"), shown(row, "name"), shown(row, "colour"),
                          shown(row, "detail")});
}

PageBlock evidence(const json& report) {
  PageBlock block{"Evidence", {}, {"chain", "when", "level", "check", "colour", "detail"}, {}};
  for (const auto& one : member(report, "instances")) {
    for (const char* part : {"readiness", "baseline", "evidence", "soak"}) add_rows(block, one, part);
  }
  return block;
}

PageBlock events(const json& report) {
  PageBlock block{"What happened", "Times are this operator's own clock.", {"record", "time", "what"}, {}};
  std::vector<std::pair<std::uint64_t, std::vector<std::string>>> all;
  const auto add = [&](const json& one, std::string what) {
    const auto& seq = member(one, "seq");
    all.emplace_back(seq.is_number_unsigned() ? seq.get<std::uint64_t>() : 0,
                     std::vector{shown(seq), shown(one, "time"), std::move(what)});
  };
  for (const auto& stage : member(report, "stages")) add(stage, "stage " + shown(stage, "stage"));
  for (const auto& line : member(report, "lines")) add(line, shown(line, "kind") + ": " + shown(line, "text"));
  std::ranges::stable_sort(all, {}, [](const auto& one) { return one.first; });
  for (auto& [seq, row] : all) block.rows.push_back(std::move(row));
  return block;
}

PageBlock proof(const json& report) {
  const auto& journal = member(report, "journal");
  const auto& signature = member(report, "signature");
  PageBlock block{
      "How to check it",
      "The JSON form of this report holds the records all this follows from, chained by their hashes, and the "
      "operator's signature. lockstep report verify FILE checks it offline.",
      {"what", "value"},
      {}};
  if (report.contains("assurance")) block.rows.push_back({"assurance", shown(report, "assurance")});
  block.rows.push_back({"journal", shown(journal, "instance_id")});
  block.rows.push_back({"records in the excerpt", std::to_string(member(journal, "entries").size())});
  block.rows.push_back(
      {"journal ended at", "record " + shown(journal, "last_seq") + ", " + shown(journal, "last_hash")});
  block.rows.push_back({"signed by", signature.is_null() ? "nobody" : shown(signature, "signer")});
  if (!signature.is_null()) block.rows.push_back({"digest", shown(signature, "digest")});
  if (!signature.is_null()) block.rows.push_back({"signature", shown(signature, "signature")});
  return block;
}

std::string escaped_markdown(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '`' || c == '*' || c == '_' || c == '[' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

}  // namespace

Page page_of(const json& report) {
  const auto& plan = member(report, "plan");
  return {"Upgrade " + shown(plan, "name") + " of " + shown(plan, "protocol"),
          {summary(report), chains(report), transactions(report), signatures(report), evidence(report), events(report),
           proof(report)}};
}

std::string report_markdown(const json& report) {
  const auto page = page_of(report);
  auto out = "# " + escaped_markdown(page.title) + "\n";
  for (const auto& block : page.blocks) {
    out += "\n## " + block.heading + "\n";
    if (!block.paragraph.empty()) out += "\n" + block.paragraph + "\n";
    if (block.rows.empty()) continue;
    const auto line = [&](const std::vector<std::string>& cells) {
      out += "|";
      for (const auto& cell : cells) out += " " + escaped_markdown(cell) + " |";
      out += "\n";
    };
    out += "\n";
    line(block.columns);
    out += "|";
    for (std::size_t i = 0; i < block.columns.size(); ++i) out += "---|";
    out += "\n";
    for (const auto& row : block.rows) line(row);
  }
  return out;
}

namespace {

constexpr const char* style =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 "
    "1rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid #ccc;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#f3f3f3}"
    "@media print{body{margin:0;max-width:none}}";

}  // namespace

std::string report_policy() {
  std::array<unsigned char, 32> digest{};
  std::array<unsigned char, 45> text{};
  const std::string_view shown_style = style;
  EVP_Digest(shown_style.data(), shown_style.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return "default-src 'none'; style-src 'sha256-" + std::string(text.begin(), text.end() - 1) +
         "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

std::string report_html(const json& report) {
  const auto page = page_of(report);
  auto out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped_markup(page.title) +
             "</title><style>" + style + "</style></head><body>\n<h1>" + escaped_markup(page.title) + "</h1>\n";
  for (const auto& block : page.blocks) {
    out += "<h2>" + escaped_markup(block.heading) + "</h2>\n";
    if (!block.paragraph.empty()) out += "<p>" + escaped_markup(block.paragraph) + "</p>\n";
    if (block.rows.empty()) continue;
    out += "<table><thead><tr>";
    for (const auto& column : block.columns) out += "<th scope=\"col\">" + escaped_markup(column) + "</th>";
    out += "</tr></thead><tbody>\n";
    for (const auto& row : block.rows) {
      out += "<tr>";
      for (const auto& cell : row) out += "<td>" + escaped_markup(cell) + "</td>";
      out += "</tr>\n";
    }
    out += "</tbody></table>\n";
  }
  return out + "</body></html>\n";
}

}  // namespace lockstep::app
