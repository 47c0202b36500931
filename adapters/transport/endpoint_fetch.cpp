// Large answers, fetched a few at a time from whichever endpoint serves best.
#include "adapters/transport/endpoint_flight.hpp"
#include "base/assert.hpp"

namespace lockstep::transport {
namespace {

std::string encode_single(const RpcCall& call, std::uint64_t id) {
  return nlohmann::json{{"jsonrpc", "2.0"}, {"id", id}, {"method", call.method}, {"params", call.params}}.dump();
}

}  // namespace

/// As many more as may be under way, as long as those that came are judged.
void EndpointPool::refill(const std::shared_ptr<Fetch>& shared) {
  auto& fetch = *shared;
  while (!fetch.waiting_.empty() && fetch.asked_.size() - fetch.arrived_.size() < fetch.in_flight_ &&
         fetch.arrived_.size() <= fetch.in_flight_) {
    const auto request = fetch.waiting_.front();
    fetch.waiting_.pop_front();
    const auto endpoint = best(fetch.tried_[request]);
    if (!endpoint) {
      const auto last = fetch.last_.find(request);
      fetch.failed_.emplace(request, last != fetch.last_.end()
                                         ? last->second
                                         : Failure{.kind = FailureKind::unreachable, .detail = "no endpoint is up"});
      continue;
    }
    fetch.tried_[request].insert(*endpoint);
    fetch.asked_[request] = *endpoint;
    const auto& [calls, batch] = fetch.requests_[request];
    LOCKSTEP_ASSERT(!calls.empty() && (batch || calls.size() == 1));
    const auto first_id = next_id_;
    next_id_ += calls.size();
    const auto ticket =
        http_.start(*endpoint, batch ? encode_batch(calls, first_id) : encode_single(calls.front(), first_id));
    flights_.emplace(ticket, Flight{.round = nullptr,
                                    .endpoint = *endpoint,
                                    .from = 0,
                                    .count = calls.size(),
                                    .first_id = first_id,
                                    .sent = Clock::now(),
                                    .fetched = Flight::Fetched{request, calls.front().method, shared}});
  }
}

void EndpointPool::take_fetched(Flight& flight, HttpClient::Ended& ended) {
  const auto& fetched = *flight.fetched;
  auto& count = status_[flight.endpoint].calls[fetched.method];
  (ended.reply ? count.ok : count.failed) += flight.count;
  if (!ended.reply && ended.reply.error().kind != FailureKind::stopped) {
    const auto& failure = ended.reply.error();
    // Too large is a property of what was asked, not of who was asked. So is too slow, where it answers others.
    const bool slow = failure.kind == FailureKind::timeout && backoff_[flight.endpoint].answered > flight.sent;
    if (slow)
      status_[flight.endpoint].failed();
    else if (!asks_for_less(failure))
      refuse(flight.endpoint, failure);
  }
  const auto fetch = fetched.of.lock();
  if (!fetch) return;
  fetch->arrived_.insert_or_assign(fetched.request, std::move(ended.reply));
  refill(fetch);
}

/// One of them: others are under way meanwhile.
void EndpointPool::judge_arrived(Fetch& fetch, const Judge& judge) {
  if (fetch.arrived_.empty()) return;
  auto entry = fetch.arrived_.extract(fetch.arrived_.begin());
  const auto request = entry.key();
  auto& reply = entry.mapped();
  const auto endpoint = fetch.asked_.at(request);
  fetch.asked_.erase(request);
  if (!reply) {
    fetch.last_[request] = reply.error();
    fetch.waiting_.push_front(request);
    return;
  }
  using enum Verdict::Kind;
  const auto verdict = judge(request, *reply, endpoint);
  if (verdict.kind == good) {
    preferred_ = endpoint;
    return;
  }
  fetch.last_[request] = {.kind = verdict.kind == none ? FailureKind::malformed : FailureKind::disagreement,
                          .detail = verdict.why};
  fetch.waiting_.push_front(request);
  if (verdict.kind == lie) distrust(endpoint, fetch.requests_[request].calls.front().method, verdict.why);
  if (verdict.kind == none) status_[endpoint].failed();
}

std::shared_ptr<Fetch> EndpointPool::begin_fetch(std::vector<Request> requests, std::size_t in_flight) {
  auto fetch = std::make_shared<Fetch>();
  extend(fetch, std::move(requests), in_flight);
  return fetch;
}

void EndpointPool::extend(const std::shared_ptr<Fetch>& fetch, std::vector<Request> requests, std::size_t in_flight) {
  LOCKSTEP_ASSERT(in_flight > 0);
  fetch->add(std::move(requests), in_flight);
  refill(fetch);
}

bool EndpointPool::advance(const std::shared_ptr<Fetch>& fetch, Clock::time_point until, const Judge& judge,
                           const std::function<bool()>& enough) {
  while (true) {
    judge_arrived(*fetch, judge);
    refill(fetch);
    if (fetch->over()) return true;
    if (enough && enough()) return false;
    const auto now = Clock::now();
    if (now >= until) return false;
    pump(fetch->arrived_.empty() ? until : now);
    pump(now);  // what may be asked now goes out before an answer is judged
  }
}

std::expected<void, Failure> EndpointPool::fetch(std::vector<Request> requests, std::size_t in_flight,
                                                 const Judge& judge) {
  const auto fetch = begin_fetch(std::move(requests), in_flight);
  advance(fetch, Clock::time_point::max(), judge);
  if (!fetch->failed().empty()) return std::unexpected(fetch->failed().begin()->second);
  return {};
}

}  // namespace lockstep::transport
