#pragma once
// A server that answers every GET with exactly the bytes it is told, one thread per connection.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lockstep::peers::test {

class RawServer {
 public:
  struct Reply {
    std::string bytes = {};
    bool drips = false;  // a byte every 10 ms, for ever
  };
  using Handler = std::function<Reply(const std::string& head)>;

  explicit RawServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(at);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), length) != 0 || ::listen(listener_, 16) != 0 ||
        ::pipe(stop_) != 0)
      throw std::runtime_error("no port");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/key-that-must-not-leak";
    thread_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    ::close(stop_[1]);  // every poll sees the end of the pipe
    thread_.join();
    for (auto& one : connections_) one.join();
    ::close(stop_[0]);
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  const std::string& url() const { return url_; }

 private:
  /// False once the test ends.
  bool ready(int descriptor, int timeout_ms = -1) const {
    pollfd both[] = {{descriptor, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    ::poll(both, 2, timeout_ms);
    return both[1].revents == 0;
  }
  void accept_all() {
    while (ready(listener_)) {
      const int client = ::accept(listener_, nullptr, nullptr);
      connections_.emplace_back([this, client] {
        while (answer(client)) {
        }
        ::close(client);
      });
    }
  }
  bool answer(int client) const {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      char buffer[4096];
      if (!ready(client)) return false;
      const auto got = ::recv(client, buffer, sizeof(buffer), 0);
      if (got <= 0) return false;
      head.append(buffer, static_cast<std::size_t>(got));
    }
    const auto reply = handler_(head);
    std::size_t sent = 0;
    while (sent < reply.bytes.size()) {
      const auto count = ::send(client, reply.bytes.data() + sent, reply.bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    while (reply.drips) {
      pollfd stop{stop_[0], POLLIN, 0};
      if (::poll(&stop, 1, 10) != 0 || ::send(client, "x", 1, MSG_NOSIGNAL) != 1) return false;
    }
    return true;
  }

  Handler handler_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::string url_;
  std::thread thread_;
  std::vector<std::thread> connections_;
};

inline std::string http(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace lockstep::peers::test
