#pragma once
// One row of what `doctor` and `protocol verify` looked at.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace lockstep::app {

enum class Verdict : std::uint8_t { ok, warn, fail, skipped };
const char* to_text(Verdict verdict);

struct Finding {
  std::string area;   // "chain ethereum", "signer hot-1", "data_dir"
  std::string check;  // constant per check, kebab-case
  Verdict verdict = Verdict::ok;
  std::string detail;                           // what was seen
  std::string where = {}, why = {}, next = {};  // of what is not ok; never a URL or a secret
};

using Findings = std::vector<Finding>;

/// From an error: what is the detail.
Finding finding(std::string area, std::string check, Verdict verdict, const Error& error);
nlohmann::json to_json(const Finding& finding);
/// A table; below each row that is not ok its where, why and next.
std::string table(const Findings& findings);
bool failed(const Findings& findings);
std::size_t count(const Findings& findings, Verdict verdict);
void append(Findings& to, Findings more);

}  // namespace lockstep::app
