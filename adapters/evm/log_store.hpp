#pragma once
// What was read of a chain's logs, kept across restarts, so that receipts are fetched and proved once (ADR 0018). A
// file of pages one behind the other, each with a checksum over itself and the page before it: a torn end is cut off,
// and what stands behind a damaged page counts as not read. It holds nothing that could not be read again, so nothing
// waits for the disk, and it leaves the last of the disk to those who need it more.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "adapters/evm/log_page.hpp"
#include "base/result.hpp"

namespace lockstep::evm {

class LogStore {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t least_spare_bytes = std::uint64_t{64} << 20;

  /// `key` names what is read; pages kept under another key are forgotten. Nothing is kept while the file system has
  /// less than `spare_bytes` free.
  LogStore(std::filesystem::path file, const Hash32& key, std::uint64_t spare_bytes = least_spare_bytes);

  /// Looks through what an earlier run left, as far as it comes until `until`; true when done. Before that, only
  /// clear() may be called.
  bool open(Clock::time_point until);
  /// Up to where logs are kept; nothing if none are.
  const std::optional<coordinator::BlockRef>& upto() const { return upto_; }
  /// What open() had to cut off, as a person reads it; empty if nothing.
  const std::string& damage() const { return damage_; }
  /// The pages that open() found, in order; nothing behind the last one, or if the file is no longer as it was.
  std::optional<LogPage> next();
  /// As if it had just been made: open() comes next.
  void rewind() { *this = LogStore(file_, key_, spare_bytes_); }
  /// Forgets the page that next() gave last, and those behind it.
  Result<void> cut();
  /// Behind the last page, where it ends.
  Result<void> append(const LogPage& page);
  Result<void> clear();

 private:
  /// Records of a file, one behind the other, as long as they are whole and follow each other.
  class Records {
   public:
    explicit Records(const std::filesystem::path& file);
    std::optional<Bytes> next();
    struct End {
      std::uint64_t bytes = 0;  // of the file, up to the end of a record
      Hash32 checksum;          // of that record
    };
    const End& end() const { return end_; }        // of the last record
    const End& before() const { return before_; }  // of the one before it
    std::uint64_t size() const { return size_; }   // of the file

   private:
    std::ifstream in_;
    std::uint64_t size_ = 0;
    End before_, end_;
  };
  void opened();
  Result<void> write(BytesView payload);

  std::filesystem::path file_;
  Hash32 key_;
  std::uint64_t spare_bytes_;
  bool open_ = false, ours_ = false;              // ours_: the file has our key
  std::optional<Records> looked_through_, kept_;  // while it is opened; while its pages are given
  std::optional<coordinator::BlockRef> upto_, given_, given_before_;
  std::string damage_;
  Records::End end_;
};

}  // namespace lockstep::evm
