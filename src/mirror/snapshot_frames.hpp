#pragma once
// The frames of a snapshot file: u32 length, payload, keccak256(hash of the frame before ‖ payload); a frame without
// payload is the last. Records never span frames.
#include <functional>
#include <string>

#include "base/byte_io.hpp"
#include "base/bytes.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

class FrameWriter {
 public:
  explicit FrameWriter(const std::function<void(BytesView)>& sink);
  /// The record that was just written to `out` is complete.
  void end_record();
  void finish();

  ByteWriter out;
  void number(Int value);

 private:
  void frame(const Bytes& payload);

  const std::function<void(BytesView)>& sink_;
  Bytes pending_;
  Hash32 before_;
};

class FrameReader {
 public:
  /// `why()` tells what is wrong with the head of the file, if anything is.
  explicit FrameReader(BytesView file);
  /// The next record. False: nothing more, or the file is damaged.
  bool begin_record();
  /// All of the file was read, and nothing is behind its last frame.
  bool finish();
  const std::string& why() const { return why_; }
  std::uint32_t version() const { return version_; }

  ByteReader in{{}};
  Int number();

 private:
  bool next_frame();
  bool refuse(std::string why);

  BytesView file_;
  std::size_t at_ = 0;
  std::uint32_t version_ = 0;
  Hash32 before_;
  bool last_ = false;
  std::string why_;
};

}  // namespace lockstep::mirror
