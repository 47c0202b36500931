#include "api/core.hpp"

namespace lockstep::api {

bool Quota::take(const std::string& address) {
  if (count_ >= most_) return false;
  auto& of_address = by_address_[address];
  if (of_address >= most_per_address_) return false;
  ++of_address;
  ++count_;
  return true;
}

void Quota::give_back(const std::string& address) {
  const auto at = by_address_.find(address);
  if (--at->second == 0) by_address_.erase(at);
  --count_;
}

void Unanswered::add() {
  const std::lock_guard lock(mutex_);
  ++count_;
}

void Unanswered::remove() {
  const std::lock_guard lock(mutex_);
  if (--count_ == 0) none_.notify_all();
}

void Unanswered::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  none_.wait_for(lock, time, [this] { return count_ == 0; });
}

Connection::Connection(Core& core_, Socket socket_, std::string peer_, Door door_)
    : core(core_), socket(std::move(socket_)), waker(core_.io), peer(std::move(peer_)), door(door_), timer_(core_.io) {
  core.open.insert(this);
}

Connection::~Connection() {
  core.open.erase(this);
  core.connections.give_back(peer);
}

void Connection::deadline(std::uint32_t after_ms) {
  timed_out_ = false;
  timer_.expires_after(std::chrono::milliseconds(after_ms));
  timer_.async_wait([self = weak_from_this(), generation = ++timer_generation_](boost::system::error_code error) {
    const auto connection = self.lock();
    if (error || !connection || connection->timer_generation_ != generation) return;
    connection->timed_out_ = true;
    boost::system::error_code ignored;  // nothing was pending, or it is cancelled
    connection->socket.cancel(ignored);
  });
}

void Connection::no_deadline() {
  ++timer_generation_;
  timer_.cancel();
}

Core::Core(const Options& options_, Handlers handlers_)
    : options(options_),
      handlers(std::move(handlers_)),
      connections(options.limits.connections, options.limits.connections_per_address),
      streams(options.limits.sse_clients, options.limits.sse_clients_per_address),
      waiters(options.limits.waiters, options.limits.waiters_per_address) {}

Core::~Core() = default;

Context Core::context() {
  auto newest = handlers.snapshot();
  if (newest != snapshot_) {
    snapshot_ = std::move(newest);
    ++view_;
    if (snapshot_) {
      etag_ = "\"";
      etag_.append(std::to_string(snapshot_->started_ms)).append("-").append(std::to_string(snapshot_->seq));
      etag_.append("-").append(std::to_string(view_)).append("\"");
    }
  }
  return {.options = &options, .handlers = &handlers, .metrics = &metrics, .snapshot = snapshot_, .etag = etag_};
}

}  // namespace lockstep::api
