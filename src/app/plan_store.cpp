#include "app/plan_store.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "files/durable.hpp"

namespace lockstep::app {
namespace {

std::string because() { return std::strerror(errno); }

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input)
    return fail("a plan document is missing", file.string(), because(),
                "restore it from where the plan was written, or submit the plan again");
  std::ostringstream text;
  text << input.rdbuf();
  return text.str();
}

}  // namespace

Result<void> PlanStore::save(const evm::CompiledPlan& plan, const std::string& toml) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return fail("cannot create the plan folder", folder_.string(), error.message());
  const auto name = to_hex(plan.plan.hash);
  const files::How how{.access = files::Access::group_reads};
  if (auto written = files::write_durably(folder_ / (name + ".toml"), toml, how); !written) return written;
  return files::write_durably(folder_ / (name + ".json"), plan.document, how);
}

Result<std::string> PlanStore::source(const Hash32& plan) const {
  return read_file(folder_ / (to_hex(plan) + ".toml"));
}

Result<std::string> PlanStore::document(const Hash32& plan) const {
  return read_file(folder_ / (to_hex(plan) + ".json"));
}

}  // namespace lockstep::app
