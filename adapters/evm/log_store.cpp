#include "adapters/evm/log_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

namespace fs = std::filesystem;

// A record: length of the payload (u32, little-endian), payload, checksum (32 bytes) = keccak256(checksum of the record
// before, payload). The first payload is the key.
constexpr std::size_t head_bytes = 4, most_record = std::size_t{1} << 28;

Hash32 checksum_of(const Hash32& before, BytesView payload) {
  Bytes both(before.view().begin(), before.view().end());
  lockstep::append(both, payload);
  return crypto::keccak256(both);
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

}  // namespace

LogStore::Records::Records(const fs::path& file) : in_(file, std::ios::binary), size_(size_of(file)) {}

std::optional<Bytes> LogStore::Records::next() {
  std::array<std::uint8_t, head_bytes> head{};
  if (!in_.read(reinterpret_cast<char*>(head.data()), head.size())) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < head.size(); ++i) length |= std::size_t{head[i]} << (8 * i);
  if (length > most_record || end_.bytes + head.size() + length + Hash32::size > size_) return std::nullopt;
  Bytes payload(length);
  Hash32 sum;
  in_.read(reinterpret_cast<char*>(payload.data()), static_cast<std::streamsize>(length));
  if (!in_.read(reinterpret_cast<char*>(sum.bytes.data()), Hash32::size)) return std::nullopt;
  if (sum != checksum_of(end_.checksum, payload)) return std::nullopt;
  before_ = end_;
  end_ = {end_.bytes + head.size() + length + Hash32::size, sum};
  return payload;
}

LogStore::LogStore(fs::path file, const Hash32& key, std::uint64_t spare_bytes)
    : file_(std::move(file)), key_(key), spare_bytes_(spare_bytes) {}

bool LogStore::open(Clock::time_point until) {
  if (open_) return true;
  if (!looked_through_) {
    looked_through_.emplace(file_);
    const auto first = looked_through_->next();
    ours_ = first && std::ranges::equal(*first, key_.view());
  }
  while (ours_) {
    if (Clock::now() >= until) return false;
    const auto payload = looked_through_->next();
    const auto page = payload ? decode_log_page(*payload) : std::nullopt;
    if (!page || (upto_ && page->from != upto_->num + 1)) {
      if (payload) end_ = looked_through_->before();
      break;
    }
    upto_ = page->upto;
    end_ = looked_through_->end();
  }
  opened();
  return true;
}

/// What is behind the last good page goes: a page can be appended only there.
void LogStore::opened() {
  open_ = true;
  const auto size = looked_through_->size();
  looked_through_.reset();
  if (!ours_ || !upto_) return;
  if (size > end_.bytes) {
    damage_ = fmt::format("{} bytes of {} behind block {} are damaged and were cut off: what they held is read again",
                          size - end_.bytes, file_.string(), upto_->num);
    std::error_code error;
    fs::resize_file(file_, end_.bytes, error);
    if (error) {
      upto_.reset();
      damage_ =
          fmt::format("{} is damaged and cannot be mended ({}): all is read again", file_.string(), error.message());
      return;
    }
  }
  kept_.emplace(file_);
  kept_->next();  // the key
}

std::optional<LogPage> LogStore::next() {
  const auto payload = kept_ && kept_->end().bytes < end_.bytes ? kept_->next() : std::nullopt;
  auto page = payload ? decode_log_page(*payload) : std::nullopt;
  if (!page) {
    kept_.reset();
    return std::nullopt;
  }
  given_before_ = std::exchange(given_, page->upto);
  return page;
}

Result<void> LogStore::cut() {
  LOCKSTEP_ASSERT(kept_ && given_);
  const auto end = kept_->before();
  kept_.reset();
  if (!given_before_) return clear();
  std::error_code error;
  fs::resize_file(file_, end.bytes, error);
  if (error) return fail("the file cannot be cut", file_.string(), error.message());
  upto_ = given_before_;
  end_ = end;
  return {};
}

Result<void> LogStore::append(const LogPage& page) {
  LOCKSTEP_ASSERT(open_ && (!upto_ || page.from == upto_->num + 1));
  const auto payload = encode(page);
  if (payload.size() > most_record) return fail("a page of events is too large to keep", file_.string());
  std::error_code unknown;
  const auto space = fs::space(file_.parent_path(), unknown);
  if (!unknown && space.available < spare_bytes_) {
    return fail("events that were read are not kept", file_.string(),
                fmt::format("the disk has less than {} MiB left", spare_bytes_ >> 20U),
                "free disk space; the next start reads again what was not kept");
  }
  if (!upto_) {
    if (auto done = clear(); !done) return done;
    if (auto done = write(key_.view()); !done) return done;
  }
  if (auto done = write(payload); !done) return done;
  upto_ = page.upto;
  return {};
}

Result<void> LogStore::write(BytesView payload) {
  const auto sum = checksum_of(end_.checksum, payload);
  Bytes record;
  record.reserve(head_bytes + payload.size() + Hash32::size);
  for (unsigned i = 0; i < head_bytes; ++i) record.push_back(static_cast<std::uint8_t>(payload.size() >> (8 * i)));
  lockstep::append(record, payload);
  lockstep::append(record, sum.view());
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  out.write(reinterpret_cast<const char*>(record.data()), static_cast<std::streamsize>(record.size()));
  out.close();
  if (!out) {
    const std::string why = std::strerror(errno);
    std::error_code ignored;  // what stays of it is cut off by the next start
    fs::resize_file(file_, end_.bytes, ignored);
    return fail("events that were read are not kept", file_.string(), why,
                "the next start reads again what was not kept");
  }
  end_ = {end_.bytes + record.size(), sum};
  return {};
}

Result<void> LogStore::clear() {
  open_ = true;
  looked_through_.reset();
  kept_.reset();
  upto_.reset();
  given_.reset();
  given_before_.reset();
  end_ = {};
  std::error_code error;
  fs::remove(file_, error);
  if (error) return fail("the file cannot be removed", file_.string(), error.message());
  return {};
}

}  // namespace lockstep::evm
