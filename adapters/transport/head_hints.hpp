#pragma once
// Hints that a chain has a new head, from eth_subscribe("newHeads") over WebSockets. A hint says only "look now":
// nothing in it is believed, and without hints everything is seen by polling, only later. A socket has to show our
// chain id and block 0 each time it is opened; one that fails or falls silent is opened again after a while, with
// jitter. TLS is verified, messages are bounded, and so is the pace of hints. Runs a thread of its own.
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lockstep::transport {

struct HintOptions {
  std::uint64_t chain_id = 0;
  std::string anchor = {};             // hash of block 0
  std::uint32_t handshake_ms = 5000;   // each of: connect, TLS, upgrade, showing the chain
  std::uint32_t silence_ms = 120'000;  // without a hint; then the socket is opened anew
  std::uint32_t pause_ms = 100;        // between two hints of one socket, at least
  std::uint32_t backoff_min_ms = 1000, backoff_max_ms = 60'000;
};

class HeadHints {
 public:
  /// `on_hint` is called on the hints' thread and has to return at once.
  HeadHints(std::vector<std::string> urls, std::function<void()> on_hint, const HintOptions& options);
  ~HeadHints();  // returns when the thread has ended
  HeadHints(const HeadHints&) = delete;
  HeadHints& operator=(const HeadHints&) = delete;

  std::uint64_t hints() const { return hints_; }  // since start
  /// By URL: why it gives no hints now; empty if it does. Never a URL.
  std::vector<std::string> troubles() const;

 private:
  struct Loop;
  void tell(std::size_t url, std::string trouble);
  std::atomic<std::uint64_t> hints_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> troubles_;
  std::unique_ptr<Loop> loop_;
};

/// "wss://host:port/path?query" in parts.
struct WsUrl {
  bool tls = false;
  std::string host, port, target;
};
/// False if it is no such URL.
bool parse_ws_url(const std::string& text, WsUrl& out);

}  // namespace lockstep::transport
