#include "app/plan_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "journal/data_dir.hpp"

namespace lockstep::app {
namespace {

std::string because() { return std::strerror(errno); }

Result<void> write_all(int fd, const std::string& text, const std::filesystem::path& file) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto written = ::write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return fail("cannot write a plan document", file.string(), because(), "free disk space and submit again");
    at += static_cast<std::size_t>(written);
  }
  if (::fsync(fd) != 0) return fail("cannot sync a plan document", file.string(), because(), "check the disk");
  return {};
}

/// Under a temporary name, synced, then renamed: a crash leaves the whole file or none.
Result<void> write_file(const std::filesystem::path& file, const std::string& text) {
  const auto temporary = file.string() + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return fail("cannot create a plan document", temporary, because(), "check permissions and disk space");
  const auto written = write_all(fd, text, file);
  ::close(fd);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0)
    return fail("cannot name a plan document", file.string(), because());
  return journal::sync_directory(file.parent_path());
}

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
  if (auto written = write_file(folder_ / (name + ".toml"), toml); !written) return written;
  return write_file(folder_ / (name + ".json"), plan.document);
}

Result<std::string> PlanStore::source(const Hash32& plan) const {
  return read_file(folder_ / (to_hex(plan) + ".toml"));
}

Result<std::string> PlanStore::document(const Hash32& plan) const {
  return read_file(folder_ / (to_hex(plan) + ".json"));
}

}  // namespace lockstep::app
