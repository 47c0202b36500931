// A live view is answered at once, or, if the client knows it already and would rather wait, as soon as it changes.

#include "api/core.hpp"
#include "api/prefer.hpp"

namespace lockstep::api {
namespace {

constexpr int not_modified = 304;

/// A place among those who wait; given back however the wait ends.
class WaiterPlace {
 public:
  explicit WaiterPlace(Connection& connection)
      : connection_(connection), taken_(connection.core.waiters.take(connection.peer)) {}
  ~WaiterPlace() {
    if (taken_) connection_.core.waiters.give_back(connection_.peer);
  }
  WaiterPlace(const WaiterPlace&) = delete;
  WaiterPlace& operator=(const WaiterPlace&) = delete;
  bool taken() const { return taken_; }

 private:
  Connection& connection_;
  bool taken_;
};

/// Whoever waits should be silent: bytes or the end from it finish the wait.
std::shared_ptr<bool> end_wait_on_bytes(const std::shared_ptr<Connection>& connection) {
  auto stirred = std::make_shared<bool>(false);
  connection->socket.async_wait(Socket::wait_read,
                                [stirred, self = std::weak_ptr(connection)](boost::system::error_code error) {
                                  const auto alive = self.lock();
                                  if (error || !alive) return;
                                  *stirred = true;
                                  alive->wake();
                                });
  return stirred;
}

}  // namespace

asio::awaitable<Response> answer_live(std::shared_ptr<Connection> connection, const Routed& routed,
                                      const Request& request) {
  auto& core = connection->core;
  auto response = respond(routed, request, core.context());
  const auto wait = preferred_wait(request.header("prefer"));
  if (!wait || (response.status != 200 && response.status != not_modified)) co_return response;
  if (response.status == not_modified) {
    const WaiterPlace place(*connection);
    if (!place.taken() || !connection->received.empty())
      co_return response;  // not waited: the preference is not applied
    const Waiting waiting(*connection);
    const auto began = std::chrono::steady_clock::now();
    const auto stirred = end_wait_on_bytes(connection);
    while (response.status == not_modified && !*stirred && std::chrono::steady_clock::now() < began + *wait) {
      connection->waker.expires_at(began + *wait);
      co_await connection->waker.async_wait(with_error);
      response = respond(routed, request, core.context());
    }
    boost::system::error_code ignored;  // nothing but our watch is pending
    connection->socket.cancel(ignored);
    connection->waited = std::chrono::steady_clock::now() - began;
  }
  response.headers.emplace_back("Preference-Applied", "wait=" + std::to_string(wait->count()));
  co_return response;
}

}  // namespace lockstep::api
