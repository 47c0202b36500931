#include "adapters/evm/state_dir.hpp"

#include <fstream>

#include "files/durable.hpp"

namespace lockstep::evm {
namespace {

namespace fs = std::filesystem;

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
  return files::write_durably(file(name), value.dump());
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
