#pragma once
// Server-sent events out of the pieces they arrive in.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

struct StreamEvent {
  std::string id, type, data;
};

class EventStream {
 public:
  /// Events that are complete with this piece. Comments and unknown fields are left out; an event is at most 1 MiB.
  std::vector<StreamEvent> feed(std::string_view piece);
  bool too_long() const { return buffer_.size() > most_bytes; }

 private:
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;
  std::string buffer_;
};

}  // namespace lockstep::app
