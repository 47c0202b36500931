#pragma once
// A scripted HTTP server on a loopback port: kept-alive connections side by side, one handler call at a time.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lockstep::tests {

class FakeServer {
 public:
  struct Reply {
    int status = 200;
    std::string body = {};
    std::string headers = {};  // "Location: …\r\n"
    bool silent = false;       // the request is read and never answered
  };
  using Handler = std::function<Reply(const std::string& body)>;

  explicit FakeServer(Handler handler, std::uint16_t port = 0) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t length = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 8) != 0)
      throw std::runtime_error("no port");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    if (::pipe(stop_) != 0) throw std::runtime_error("no pipe");
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    const char byte = 0;
    if (::write(stop_[1], &byte, 1) != 1) std::terminate();
    thread_.join();
    ::close(listener_);
    ::close(stop_[0]);
    ::close(stop_[1]);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/key-that-must-not-leak"; }
  unsigned connections() const { return connections_; }

 private:
  bool readable(int fd) const {
    pollfd both[] = {{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    return ::poll(both, 2, -1) > 0 && both[1].revents == 0;
  }
  void serve() {
    while (readable(listener_)) {
      const int client = ::accept(listener_, nullptr, nullptr);
      connections_++;
      clients_.emplace_back([this, client] {
        while (answer(client)) {
        }
        ::close(client);
      });
    }
    for (auto& client : clients_) client.join();
  }
  Reply handled(const std::string& body) {
    const std::lock_guard lock(mutex_);
    return handler_(body);
  }
  bool answer(int client) {
    std::string text;
    while (true) {
      const auto head = text.find("\r\n\r\n");
      if (head != std::string::npos) {
        const auto at = text.find("Content-Length: ");
        const auto length = static_cast<std::size_t>(std::stoul(text.substr(at + 16)));
        if (text.size() >= head + 4 + length) return reply(client, handled(text.substr(head + 4, length)));
      }
      char buffer[65536];
      if (!readable(client)) return false;
      const auto got = ::recv(client, buffer, sizeof(buffer), 0);
      if (got <= 0) return false;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }
  bool reply(int client, const Reply& reply) const {
    if (reply.silent) {
      readable(client);  // until the client gives up, or the test ends
      return false;
    }
    const auto text = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\nContent-Type: application/json\r\n" +
                      reply.headers + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
    std::size_t sent = 0;
    while (sent < text.size()) {
      const auto count = ::send(client, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  Handler handler_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<unsigned> connections_{0};
  std::mutex mutex_;
  std::vector<std::thread> clients_;
  std::thread thread_;
};

/// Answers a call, or every call of a batch, with method(name, params); a returned object with the key "fail" becomes
/// that rpc error.
inline FakeServer::Handler rpc_handler(
    std::function<nlohmann::json(const std::string&, const nlohmann::json&)> method) {
  return [method = std::move(method)](const std::string& body) {
    auto answers = nlohmann::json::array();
    const auto asked = nlohmann::json::parse(body);
    const auto calls = asked.is_array() ? asked : nlohmann::json::array({asked});
    for (const auto& call : calls) {
      auto result = method(call.at("method"), call.at("params"));
      nlohmann::json answer{{"jsonrpc", "2.0"}, {"id", call.at("id")}};
      if (result.is_object() && result.contains("fail"))
        answer["error"] = result["fail"];
      else
        answer["result"] = std::move(result);
      answers.push_back(std::move(answer));
    }
    return FakeServer::Reply{.body = asked.is_array() ? answers.dump() : answers[0].dump()};
  };
}

}  // namespace lockstep::tests
