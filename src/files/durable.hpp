#pragma once
// Small files that are whole or not there: whoever reads one after a crash, at any moment of a write, finds the old
// text or the new one. The text is written under a temporary name beside the file, synced, named, and the folder
// synced; it is durable when the call returns.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.hpp"

namespace lockstep::files {

enum class Access : std::uint8_t { owner, group_reads };  // 0600, 0640
enum class Existing : std::uint8_t { replace, refuse };

enum class Step : std::uint8_t { create, write, sync, name, sync_folder };

struct How {
  Access access = Access::owner;
  Existing existing = Existing::replace;
  /// Called before each step; a value is the errno that the step then fails with. For tests.
  std::function<int(Step)> fault = {};
};

/// One writer per file at a time. After an error nothing of the new text is left under the file's name, except where
/// the folder could not be synced: then it may be the old text or the new one after a crash.
Result<void> write_durably(const std::filesystem::path& file, std::string_view text, const How& how = {});

/// The name under which a text is written before it has its own; what a crash left there is overwritten.
std::filesystem::path temporary_of(const std::filesystem::path& file);

}  // namespace lockstep::files
