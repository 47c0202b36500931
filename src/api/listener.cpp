// Binding and accepting.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>
#include <filesystem>

#include "api/core.hpp"

namespace lockstep::api {
namespace {

constexpr auto pause_after_failure = std::chrono::milliseconds(100);

std::optional<std::string> peer_of(const asio::ip::tcp::socket& socket, Door) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return std::nullopt;  // gone before it was served
  return endpoint.address().to_string();
}

/// The admin socket serves our own user and root, whatever the file's mode says.
std::optional<std::string> peer_of(asio::local::stream_protocol::socket& socket, Door) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid != geteuid() && peer.uid != 0) return std::nullopt;
  return "uid:" + std::to_string(peer.uid);
}

/// Best effort: the client is told why it is not served, if its socket takes so much at once.
template <class ProtocolSocket>
void turn_away(ProtocolSocket& socket) {
  static const std::string wire = to_wire(problem(503, "too-many-connections", "too many connections"), false, false);
  boost::system::error_code ignored;  // it is closed next
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(wire), ignored);
}

/// Survives everything accept() can say: without descriptors (EMFILE) it waits and goes on.
template <class Acceptor>
asio::awaitable<void> accept_all(Core& core, Acceptor acceptor, Door door) {
  asio::steady_timer pause(core.io);
  while (true) {
    auto [error, socket] = co_await acceptor.async_accept(with_error);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      pause.expires_after(pause_after_failure);
      co_await pause.async_wait(with_error);
      continue;
    }
    const auto peer = peer_of(socket, door);
    if (!peer) continue;
    const auto tls = door == Door::read ? core.options.tls : nullptr;
    if (!core.connections(door).take(*peer)) {
      if (!tls) turn_away(socket);
      continue;
    }
    auto connection = std::make_shared<Connection>(core, Socket(std::move(socket)), *peer, door, tls);
    // What escapes a session is a bug of ours (out of memory apart): it ends that connection, not the API.
    asio::co_spawn(core.io, serve(std::move(connection)), asio::detached);
  }
}

std::string uri_of(const std::string& path) { return "unix:" + path; }

/// A socket that nobody answers on is left over from a crash; one that answers is another daemon's.
Result<void> clear_stale(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode))
    return fail("cannot listen", uri_of(path), "there is a file of another kind", "choose another path for api.admin");
  asio::io_context io;
  asio::local::stream_protocol::socket probe(io);
  boost::system::error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  if (!error) return fail("cannot listen", uri_of(path), "another process answers there", "stop the other daemon");
  if (unlink(path.c_str()) != 0) return fail("cannot listen", uri_of(path), "the left-over socket cannot be removed");
  return {};
}

std::optional<asio::ip::tcp::endpoint> parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
  boost::system::error_code bad_address;
  const auto address = asio::ip::make_address(host, bad_address);
  if (error != std::errc{} || end != last || bad_address) return std::nullopt;
  return asio::ip::tcp::endpoint(address, port);
}

}  // namespace

Result<std::uint16_t> listen_tcp(Core& core, const std::string& address, Door door) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint)
    return fail("cannot listen", address, "it is not a numeric address and port", "write it as 127.0.0.1:8780");
  if (!endpoint->address().is_loopback() && !core.options.behind_proxy) {
    if (door != Door::read || !core.options.tls || core.options.tokens.empty())
      return fail(
          "will not listen", address, "the address is not loopback, and it has no TLS and tokens",
          "listen on 127.0.0.1, set api.tls and an [[api.token]], or set api.behind_proxy = true behind a proxy "
          "that has them");
    core.token_to_read = true;
  }
  boost::system::error_code error;
  asio::ip::tcp::acceptor acceptor(core.io);
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail("cannot listen", address, error.message(), "see which process holds the port: ss -ltnp");
  const auto port = acceptor.local_endpoint(error).port();
  const auto host = endpoint->address().to_string();
  core.own_hosts.push_back(endpoint->address().is_v6() ? "[" + host + "]" : host);
  core.options.hosts.push_back(core.own_hosts.back());
  asio::co_spawn(core.io, accept_all(core, std::move(acceptor), door), asio::detached);
  return port;
}

Result<void> listen_unix(Core& core, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return fail("cannot listen", uri_of(path), "the path is longer than a socket's may be");
  if (auto cleared = clear_stale(path); !cleared) return cleared;
  boost::system::error_code error;
  asio::local::stream_protocol::acceptor acceptor(core.io);
  acceptor.open(asio::local::stream_protocol(), error);
  // Linux gives the file this mode at bind: it is never there with a wider one.
  if (!error && fchmod(acceptor.native_handle(), 0600) != 0)
    return fail("cannot listen", uri_of(path), "the mode 0600 cannot be set");
  if (!error) acceptor.bind(asio::local::stream_protocol::endpoint(path), error);
  if (!error && chmod(path.c_str(), 0600) != 0)
    return fail("cannot listen", uri_of(path), "the mode 0600 cannot be set");
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail("cannot listen", uri_of(path), error.message(), "check that the folder exists and is ours");
  asio::co_spawn(core.io, accept_all(core, std::move(acceptor), Door::admin), asio::detached);
  return {};
}

}  // namespace lockstep::api
