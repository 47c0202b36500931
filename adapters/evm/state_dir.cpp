#include "adapters/evm/state_dir.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace lockstep::evm {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> io_error(const char* what, const fs::path& file) {
  return fail(what, file.string(), std::strerror(errno));
}

Result<void> write_synced(const fs::path& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return io_error("file not writable", path);
  std::size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(file.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error("file not writable", path);
    done += static_cast<std::size_t>(written);
  }
  if (::fsync(file.get()) != 0) return io_error("file not durable", path);
  return {};
}

}  // namespace

Result<StateDir> StateDir::open(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail("state directory cannot be made", path.string(), error.message());
  fs::permissions(path, fs::perms::owner_all, error);
  if (error) return fail("state directory cannot be protected", path.string(), error.message());
  return StateDir(path);
}

fs::path StateDir::file(const std::string& name) const {
  std::string safe = name;
  for (auto& c : safe) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  }
  return path_ / (safe + ".json");
}

Result<void> StateDir::write(const std::string& name, const nlohmann::json& value) const {
  const auto target = file(name);
  auto temporary = target;
  temporary += ".new";
  if (auto done = write_synced(temporary, value.dump()); !done) return done;
  if (::rename(temporary.c_str(), target.c_str()) != 0) return io_error("file cannot be replaced", target);
  const Descriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return io_error("folder not durable", path_);
  return {};
}

Result<std::optional<nlohmann::json>> StateDir::read(const std::string& name) const {
  const auto path = file(name);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    if (!fs::exists(path)) return std::nullopt;
    return fail("file not readable", path.string());
  }
  auto value = nlohmann::json::parse(stream, nullptr, false);
  if (value.is_discarded())
    return fail("file is damaged", path.string(), "not JSON",
                "restore it from a backup, or remove it after checking the signer's transactions by hand");
  return value;
}

Result<std::map<std::string, nlohmann::json>> StateDir::read_all(const std::string& prefix) const {
  std::map<std::string, nlohmann::json> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix) || entry.path().extension() != ".json") continue;
    auto value = read(entry.path().stem().string());
    if (!value) return std::unexpected(value.error());
    if (*value) all.emplace(entry.path().stem().string(), **std::move(value));
  }
  if (error) return fail("state directory not readable", path_.string(), error.message());
  return all;
}

}  // namespace lockstep::evm
