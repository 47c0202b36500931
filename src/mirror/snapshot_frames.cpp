#include "mirror/snapshot_frames.hpp"

#include <algorithm>

#include "base/keccak256.hpp"
#include "mirror/snapshot.hpp"

namespace lockstep::mirror {
namespace {

constexpr std::string_view magic = "LOCKSTEP-MIRROR\n";
constexpr std::size_t frame_size = std::size_t{64} * 1024;  // and what the record that crosses it needs
constexpr std::size_t most_frame_size = 2 * frame_size;

Bytes head(std::uint32_t version) {
  ByteWriter out;
  for (const char c : magic) out.u8(static_cast<std::uint8_t>(c));
  out.u32(version);
  return out.take();
}

Hash32 chained(const Hash32& before, BytesView payload) {
  Bytes text;
  text.reserve(Hash32::size + payload.size());
  append(text, before.view());
  append(text, payload);
  return keccak256(BytesView(text));
}

}  // namespace

FrameWriter::FrameWriter(const std::function<void(BytesView)>& sink) : sink_(sink) {
  const Bytes first = head(snapshot_version);
  sink_(first);
  before_ = keccak256(BytesView(first));
}

void FrameWriter::number(Int value) {
  out.u64(static_cast<std::uint64_t>(value));
  out.u64(static_cast<std::uint64_t>(value >> 64));
}

void FrameWriter::end_record() {
  append(pending_, out.take());
  out = {};
  if (pending_.size() < frame_size) return;
  frame(pending_);
  pending_.clear();
}

void FrameWriter::finish() {
  if (!pending_.empty()) frame(pending_);
  pending_.clear();
  frame({});
}

void FrameWriter::frame(const Bytes& payload) {
  before_ = chained(before_, payload);
  ByteWriter length;
  length.u32(static_cast<std::uint32_t>(payload.size()));
  sink_(length.take());
  sink_(payload);
  sink_(before_.view());
}

FrameReader::FrameReader(BytesView file) : file_(file) {
  Bytes first = head(snapshot_version);
  const BytesView found = file.first(std::min(file.size(), first.size()));
  if (found.size() < first.size() || !std::equal(magic.begin(), magic.end(), found.begin())) {
    refuse("it is not a snapshot of a mirror");
    return;
  }
  ByteReader version(found.subspan(magic.size()));
  version_ = version.u32();
  if (version_ < 1 || version_ > snapshot_version) {
    refuse("it is of version " + std::to_string(version_) + ", this program reads 1 to " +
           std::to_string(snapshot_version));
    return;
  }
  first = head(version_);
  at_ = first.size();
  before_ = keccak256(BytesView(first));
}

bool FrameReader::refuse(std::string why) {
  if (why_.empty()) why_ = std::move(why);
  in = ByteReader({});
  last_ = true;
  return false;
}

bool FrameReader::next_frame() {
  if (last_) return false;
  const auto where = " at byte " + std::to_string(at_);
  ByteReader text(file_.subspan(at_));
  const std::size_t length = text.u32();
  if (!text.ok() || length > most_frame_size) return refuse("it is cut off or damaged" + where);
  const std::size_t size = 4 + length + Hash32::size;
  if (file_.size() - at_ < size) return refuse("it is cut off" + where);
  const BytesView payload = file_.subspan(at_ + 4, length), hash = file_.subspan(at_ + 4 + length, Hash32::size);
  before_ = chained(before_, payload);
  if (!std::ranges::equal(hash, before_.bytes)) return refuse("it is damaged" + where);
  at_ += size;
  in = ByteReader(payload);
  last_ = length == 0;
  return !last_;
}

bool FrameReader::begin_record() {
  if (!in.ok()) return refuse("a record is not whole before byte " + std::to_string(at_));
  return !in.at_end() || next_frame() || refuse("it ends before all of it is told");
}

bool FrameReader::finish() {
  if (!why_.empty()) return false;
  if (!in.at_end()) return refuse("there is more in it than it says");
  if (next_frame()) return refuse("there is more in it than it says");
  if (!why_.empty()) return false;
  return at_ == file_.size() || refuse("there are bytes behind its end");
}

Int FrameReader::number() {
  const auto low = in.u64();
  const auto high = in.u64();
  return static_cast<Int>((static_cast<Int>(high) << 64) | static_cast<Int>(low));
}

}  // namespace lockstep::mirror
