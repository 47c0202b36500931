#pragma once
// What is said over a WebSocket that gives hints, without the socket: it has to show that it is of our chain, then
// newHeads are subscribed, and then every notice of a head is a hint. Messages in, the next step out.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::transport {

class HintTalk {
 public:
  /// anchor: hash of block 0.
  HintTalk(std::uint64_t chain_id, std::string anchor) : chain_id_(chain_id), anchor_(std::move(anchor)) {}

  /// Subscribed counts as a hint: a head may have come while nobody told of it.
  enum class Step : std::uint8_t { wait, send, subscribed, hint, end };
  /// To be sent first.
  static std::vector<std::string> opening();
  /// To be sent when a step says so.
  static std::string subscription();
  Step take(std::string_view message);
  /// Why it has to end.
  const std::string& why() const { return why_; }

 private:
  Step end(std::string why);
  std::uint64_t chain_id_;
  std::string anchor_;
  bool chain_shown_ = false, anchor_shown_ = false;
  std::optional<std::string> subscription_;
  unsigned strangers_ = 0;  // messages that are nothing we asked for
  std::string why_;
};

}  // namespace lockstep::transport
