#include <fmt/format.h>

#include "adapters/evm/compile_parts.hpp"
#include "crypto/keccak256.hpp"

// What GateLeaf.check would refuse when the proposal runs, said while the plan is still a file.
namespace lockstep::evm {
namespace {

constexpr std::size_t max_calls = 32, max_checks = 64, max_stages = 8;
constexpr std::uint32_t max_resume_s = 7 * 86400;

struct Limits {
  const Leaf& leaf;
  const std::string& where;
  std::vector<Error>& errors;

  void refuse(std::string what, std::string why) { errors.push_back({std::move(what), where, std::move(why), {}}); }

  void count(const char* list, std::size_t size, std::size_t limit) {
    if (size > limit) refuse(fmt::format("{} {}", size, list), fmt::format("a gate takes at most {}", limit));
  }

  void calls(const char* list, const std::vector<Call>& all) {
    count(list, all.size(), max_calls);
    for (const auto& call : all) {
      if (call.target == leaf.gate)
        refuse(fmt::format("one of the {} is on the gate itself", list), "a gate runs none");
    }
  }

  void codes(const char* list, const std::vector<CodeCheck>& all) {
    count(list, all.size(), max_checks);
    for (const auto& check : all) {
      if (check.code_hash != crypto::keccak256(std::string_view{})) continue;
      refuse("code hash of " + abi::checksum(check.account) + " is that of no code",
             "an account without code answers nothing");
    }
  }
};

}  // namespace

void check_limits(const Leaf& leaf, const std::string& where, std::vector<Error>& errors) {
  Limits limits{leaf, where, errors};
  limits.calls("halt calls", leaf.halt_calls);
  limits.calls("resume calls", leaf.resume_calls);
  limits.calls("switch calls", leaf.switch_calls);
  limits.calls("rollback calls", leaf.rollback_calls);
  limits.codes("new code checks", leaf.new_code);
  limits.codes("old code checks", leaf.old_code);
  limits.count("new reads", leaf.new_reads.size(), max_checks);
  limits.count("old reads", leaf.old_reads.size(), max_checks);
  limits.count("oracle checks", leaf.oracles.size(), max_checks);
  limits.count("resume stages", leaf.stages.size(), max_stages);
  if (!leaf.stages.empty() && leaf.stages.back().after_s > max_resume_s) {
    limits.refuse("the last resume stage is later than 7 days after the close",
                  "a gate may not stay half open for longer");
  }
}

}  // namespace lockstep::evm
