#pragma once
// Small durable files of one chain, each replaced as a whole (files/durable.hpp). Holds no secrets.
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace lockstep::evm {

class StateDir {
 public:
  static Result<StateDir> open(const std::filesystem::path& path);

  /// Durable when it returns. `name` may hold letters, digits, '-', '_' and '.'; anything else becomes '_'.
  Result<void> write(const std::string& name, const nlohmann::json& value) const;
  /// Nothing if there is no such file; an error if it is there and not JSON.
  Result<std::optional<nlohmann::json>> read(const std::string& name) const;
  /// All files whose name starts with prefix, by name.
  Result<std::map<std::string, nlohmann::json>> read_all(const std::string& prefix) const;

 private:
  explicit StateDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path file(const std::string& name) const;
  std::filesystem::path path_;
};

}  // namespace lockstep::evm
