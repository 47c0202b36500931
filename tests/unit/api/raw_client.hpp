#pragma once
// A client that sends exactly the bytes it is told to. Every wait has a limit, after which it returns what came.
#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <string>

namespace lockstep::api {

struct RawResponse {
  int status = 0;                              // 0: the connection ended without one
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  explicit RawClient(const std::string& unix_path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(const std::string& bytes);
  /// One response by its Content-Length.
  RawResponse read(bool has_body = true);
  /// Until `text` has been received (it stays in received()) or the other side closed; false in the latter case.
  bool read_until(const std::string& text);
  /// True once the other side closed (what came before stays in received()).
  bool closed();
  std::string& received() { return received_; }
  int descriptor() const { return socket_; }

 private:
  bool more();
  int socket_ = -1;
  std::string received_;
};

/// One request on one connection.
RawResponse ask(std::uint16_t port, const std::string& method, const std::string& target,
                const std::string& more_headers = "", const std::string& body = "");
RawResponse ask(const std::string& unix_path, const std::string& method, const std::string& target,
                const std::string& more_headers = "", const std::string& body = "");

}  // namespace lockstep::api
