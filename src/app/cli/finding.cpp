#include "app/cli/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace lockstep::app {

const char* to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warn:
      return "warn";
    case Verdict::fail:
      return "FAIL";
    case Verdict::skipped:
      return "skipped";
  }
  return "";
}

Finding finding(std::string area, std::string check, Verdict verdict, const Error& error) {
  return {std::move(area), std::move(check), verdict, error.what, error.where, error.why, error.next};
}

nlohmann::json to_json(const Finding& finding) {
  const auto or_null = [](const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); };
  auto verdict = std::string{to_text(finding.verdict)};
  std::ranges::transform(verdict, verdict.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {{"area", finding.area},         {"check", finding.check},          {"verdict", verdict},
          {"what", finding.detail},       {"where", or_null(finding.where)}, {"why", or_null(finding.why)},
          {"next", or_null(finding.next)}};
}

std::string table(const Findings& findings) {
  std::size_t area = 0, check = 0;
  for (const auto& one : findings) {
    area = std::max(area, one.area.size());
    check = std::max(check, one.check.size());
  }
  std::string out;
  for (const auto& one : findings) {
    out +=
        fmt::format("{:<7}  {:<{}}  {:<{}}  {}\n", to_text(one.verdict), one.area, area, one.check, check, one.detail);
    if (one.verdict == Verdict::ok) continue;
    const auto more = [&](const char* label, const std::string& text) {
      if (!text.empty()) out += fmt::format("{:>7}  {}: {}\n", "", label, text);
    };
    more("where", one.where);
    more("why", one.why);
    more("next", one.next);
  }
  return out;
}

bool failed(const Findings& findings) { return count(findings, Verdict::fail) > 0; }

std::size_t count(const Findings& findings, Verdict verdict) {
  return static_cast<std::size_t>(
      std::ranges::count_if(findings, [&](const auto& one) { return one.verdict == verdict; }));
}

void append(Findings& to, Findings more) { std::ranges::move(more, std::back_inserter(to)); }

}  // namespace lockstep::app
