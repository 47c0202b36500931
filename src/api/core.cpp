#include "api/core.hpp"

namespace lockstep::api {
namespace {

constexpr std::size_t few = 8;  // connections of an address: a peer pulls over one, a browser opens six

}  // namespace

bool Quota::take(const std::string& address) {
  if (count_ >= most_) return false;
  const auto known = by_address_.find(address);
  const auto of_address = known == by_address_.end() ? 0 : known->second;
  if (of_address >= most_per_address_ || (count_ + kept_ >= most_ && of_address >= few)) return false;
  ++by_address_[address];
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

Connection::Connection(Core& core_, Socket socket_, std::string peer_, Door door_, std::shared_ptr<Tls> tls)
    : core(core_),
      socket(std::move(socket_)),
      waker(core_.io),
      peer(std::move(peer_)),
      door(door_),
      tls_(std::move(tls)),
      timer_(core_.io) {
  if (tls_) secure.emplace(socket, tls_->context());
  core.open.insert(this);
  boost::system::error_code ignored;  // then writes wait, as they did before
  socket.non_blocking(true, ignored);
}

Connection::~Connection() {
  core.open.erase(this);
  core.connections(door).give_back(peer);
}

void Connection::deadline(std::uint32_t after_ms) {
  timed_out_ = false;
  due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(after_ms);
  if (due_ < armed_) arm(due_);
}

void Connection::arm(Time at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = weak_from_this(), at](boost::system::error_code error) {
    const auto connection = self.lock();
    if (error || !connection || connection->armed_ != at) return;
    connection->armed_ = never;
    if (connection->due_ == never) return;
    if (std::chrono::steady_clock::now() < connection->due_) return connection->arm(connection->due_);
    connection->due_ = never;
    connection->timed_out_ = true;
    boost::system::error_code ignored;  // nothing was pending, or it is cancelled
    connection->socket.cancel(ignored);
  });
}

Core::Core(const Options& options_, Handlers handlers_)
    : options(options_),
      handlers(std::move(handlers_)),
      streams(options.limits.sse_clients, options.limits.sse_clients_per_address),
      waiters(options.limits.waiters, options.limits.waiters_per_address),
      read_(options.limits.connections, options.limits.connections_per_address, options.limits.connections / 8),
      admin_(options.limits.own_connections, options.limits.own_connections),
      metrics_(options.limits.own_connections, options.limits.own_connections) {}

Core::~Core() = default;

Quota& Core::connections(Door door) {
  if (door == Door::read) return read_;
  return door == Door::admin ? admin_ : metrics_;
}

const Context& Core::current() {
  auto newest = handlers.snapshot();
  if (newest == context_.snapshot && context_.options != nullptr) return context_;
  context_ = {
      .options = &options, .handlers = &handlers, .metrics = &metrics, .snapshot = std::move(newest), .etag = {}};
  ++view_;
  if (context_.snapshot) {
    auto& etag = context_.etag;
    etag = "\"";
    etag.append(std::to_string(context_.snapshot->started_ms)).append("-");
    etag.append(std::to_string(context_.snapshot->seq));
    etag.append("-").append(std::to_string(view_)).append("\"");
  }
  return context_;
}

}  // namespace lockstep::api
