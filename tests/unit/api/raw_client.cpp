#include "tests/unit/api/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace lockstep::api {
namespace {

constexpr int patience_s = 30;

int connected(int family, const sockaddr* address, socklen_t size) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{patience_s, 0};
  if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      ::connect(descriptor, address, size) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
  return descriptor;
}

std::string request_text(const std::string& method, const std::string& target, const std::string& headers,
                         const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = connected(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::RawClient(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  socket_ = connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::~RawClient() { ::close(socket_); }

void RawClient::send(const std::string& bytes) {
  // The server may have refused and closed already: what it answered is what counts.
  for (std::size_t at = 0; at < bytes.size();) {
    const auto count = ::send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return;
    at += static_cast<std::size_t>(count);
  }
}

bool RawClient::more() {
  char chunk[4096];
  const auto count = ::recv(socket_, chunk, sizeof chunk, 0);
  if (count <= 0) return false;
  received_.append(chunk, static_cast<std::size_t>(count));
  return true;
}

bool RawClient::read_until(const std::string& text) {
  while (received_.find(text) == std::string::npos) {
    if (!more()) return false;
  }
  return true;
}

bool RawClient::closed() {
  while (more()) {
  }
  return errno != EAGAIN;
}

RawResponse RawClient::read(bool has_body) {
  RawResponse out;
  if (!read_until("\r\n\r\n")) return out;
  const auto end = received_.find("\r\n\r\n");
  const auto head = received_.substr(0, end + 2);
  received_.erase(0, end + 4);
  out.status = std::stoi(head.substr(9, 3));
  for (auto at = head.find("\r\n") + 2; at < head.size(); at = head.find("\r\n", at) + 2) {
    const auto line = head.substr(at, head.find("\r\n", at) - at);
    auto name = line.substr(0, line.find(':'));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers[name] = line.substr(line.find(':') + 2);
  }
  if (!has_body || !out.headers.contains("content-length")) return out;
  const auto length = std::stoul(out.headers["content-length"]);
  while (received_.size() < length && more()) {
  }
  out.body = received_.substr(0, length);
  received_.erase(0, length);
  return out;
}

RawResponse ask(std::uint16_t port, const std::string& method, const std::string& target, const std::string& headers,
                const std::string& body) {
  RawClient client(port);
  client.send(request_text(method, target, headers, body));
  return client.read(method != "HEAD");
}

RawResponse ask(const std::string& unix_path, const std::string& method, const std::string& target,
                const std::string& headers, const std::string& body) {
  RawClient client(unix_path);
  client.send(request_text(method, target, headers, body));
  return client.read(method != "HEAD");
}

}  // namespace lockstep::api
