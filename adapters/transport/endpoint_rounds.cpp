// What is asked, and what comes back: rounds of calls to several endpoints, answers compared.
#include <algorithm>

#include "adapters/transport/endpoint_flight.hpp"
#include "base/assert.hpp"

namespace lockstep::transport {
namespace {

Failure none_up() { return {.kind = FailureKind::unreachable, .detail = "no endpoint is up"}; }

bool is_revert(const RpcAnswer& answer) { return !answer && answer.error().reverted; }

/// Whether the answer is a vote for the candidate. An error is one only for an equal error: "header not found" from one
/// of three is none. A revert is an answer, whatever its code; one whose bytes were not given is a vote that it
/// reverts.
bool supports(const RpcAnswer& answer, const RpcAnswer& candidate) {
  if (answer.has_value() != candidate.has_value()) return false;
  if (answer) return *answer == *candidate;
  const auto &a = answer.error(), &b = candidate.error();
  if (a.reverted && b.reverted) return a.data == b.data || a.data.empty();
  return a.reverted == b.reverted && a.code == b.code;
}

/// Its result is a function of a block's hash: two different ones cannot both be true.
bool pinned(const RpcCall& call) {
  if (call.method == "eth_getBlockByHash") return false;  // the answer carries what the endpoint's kind likes to add
  return std::ranges::any_of(call.params,
                             [](const auto& part) { return part.is_object() && part.contains("blockHash"); });
}

std::string clipped(const nlohmann::json& value) {
  const auto text = value.dump();
  return text.size() <= 140 ? text : text.substr(0, 140) + "… (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace

EndpointPool::ByEndpoint EndpointPool::Round::answers() const {
  ByEndpoint all;
  for (const auto& [endpoint, one] : said) {
    if (!one.complete()) continue;
    Answers answers;
    answers.reserve(one.answers.size());
    for (const auto& answer : one.answers) answers.push_back(*answer);
    all.emplace(endpoint, std::move(answers));
  }
  return all;
}

std::shared_ptr<EndpointPool::Round> EndpointPool::begin(const std::vector<std::size_t>& endpoints,
                                                         const std::vector<RpcCall>& calls) {
  auto round = std::make_shared<Round>();
  round->calls = calls;
  for (const auto endpoint : endpoints) send(round, endpoint, 0, calls.size());
  return round;
}

/// In as many requests as the endpoint wants it.
void EndpointPool::send(const std::shared_ptr<Round>& round, std::size_t endpoint, std::size_t from,
                        std::size_t count) {
  auto& said = round->said[endpoint];
  if (said.answers.empty()) {
    said.answers.resize(round->calls.size());
    said.left = round->calls.size();
  }
  const auto end = from + count;
  while (from < end) {
    const auto part = std::min(end - from, batch_[endpoint].now());
    const auto first_id = next_id_;
    next_id_ += part;
    const auto ticket = http_.start(endpoint, encode_batch(std::span(round->calls).subspan(from, part), first_id));
    flights_.emplace(ticket,
                     Flight{.round = round, .endpoint = endpoint, .from = from, .count = part, .first_id = first_id});
    from += part;
  }
}

void EndpointPool::pump(Clock::time_point until) {
  for (auto& ended : http_.wait(until)) land(ended);
}

void EndpointPool::land(HttpClient::Ended& ended) {
  const auto found = flights_.find(ended.ticket);
  if (found == flights_.end()) return;
  auto flight = std::move(found->second);
  flights_.erase(found);
  auto& status = status_[flight.endpoint];
  status.requests += flight.count;
  if (ended.reply) {
    status.answered(ended.took_s);
    backoff_[flight.endpoint].answered = Clock::now();
  }
  if (flight.fetched)
    take_fetched(flight, ended);
  else
    take(flight, ended);
}

void EndpointPool::failed(Flight& flight, const Failure& failure) {
  auto& round = *flight.round;
  if (limit_of(failure) == Limit::batch && flight.count > 1) {
    batch_[flight.endpoint].refused(flight.count);
    return send(flight.round, flight.endpoint, flight.from, flight.count);
  }
  for (std::size_t i = 0; i < flight.count; ++i)
    status_[flight.endpoint].calls[round.calls[flight.from + i].method].failed++;
  round.said[flight.endpoint].failure = failure;
  if (failure.kind != FailureKind::stopped) refuse(flight.endpoint, failure);
}

void EndpointPool::take(Flight& flight, HttpClient::Ended& ended) {
  auto& round = *flight.round;
  auto& said = round.said[flight.endpoint];
  if (!ended.reply) return failed(flight, ended.reply.error());
  auto answers = decode_batch(*ended.reply, flight.count, flight.first_id);
  if (!answers) return failed(flight, answers.error());
  batch_[flight.endpoint].accepted(flight.count);
  const Failure* limited = nullptr;
  for (std::size_t i = 0; i < flight.count; ++i) {
    auto& slot = said.answers[flight.from + i];
    LOCKSTEP_ASSERT(!slot);
    slot = std::move((*answers)[i]);
    auto& count = status_[flight.endpoint].calls[round.calls[flight.from + i].method];
    (*slot ? count.ok : count.refused)++;
    if (!*slot && limit_of(slot->error()) == Limit::rate) limited = &slot->error();
  }
  said.left -= flight.count;
  if (limited != nullptr) refuse(flight.endpoint, *limited);
  if (!said.complete()) return;
  if (round.probe) {
    if (limited == nullptr) admit(flight.endpoint, round.answers().at(flight.endpoint));
  } else if (round.settled) {
    compare(round, flight.endpoint);
  }
}

/// A call is decided as soon as K endpoints gave the same.
void EndpointPool::decide(Round& round) const {
  for (std::size_t i = 0; i < round.calls.size(); ++i) {
    if (round.agreed[i]) continue;
    for (const auto& [candidate, one] : round.said) {
      if (!one.answers[i]) continue;
      std::size_t votes = 0, same_bytes = 0;
      for (const auto& [endpoint, other] : round.said) {
        const auto& answer = other.answers[i];
        if (!answer || !supports(*answer, *one.answers[i])) continue;
        votes++;
        if (is_revert(*answer) && answer->error().data == one.answers[i]->error().data) same_bytes++;
      }
      if (votes < options_.quorum) continue;
      round.agreed[i] = one.answers[i];
      if (is_revert(*one.answers[i]) && same_bytes < options_.quorum) round.agreed[i]->error().data.clear();
      break;
    }
  }
}

/// Against what K others gave. A refusal differs from a result without being untrue: the endpoint may lag.
void EndpointPool::compare(Round& round, std::size_t endpoint) {
  const auto& said = round.said.at(endpoint);
  for (std::size_t i = 0; i < round.calls.size(); ++i) {
    const auto& agreed = round.agreed[i];
    const auto& own = said.answers[i];
    if (!agreed || !*agreed || !own || !*own || **own == **agreed || !pinned(round.calls[i])) continue;
    return distrust(endpoint, round.calls[i].method,
                    round.calls[i].method + " at one block: " + std::to_string(options_.quorum) + " endpoints gave " +
                        clipped(**agreed) + ", this one " + clipped(**own));
  }
}

RpcAnswers EndpointPool::ask(const std::vector<RpcCall>& calls) {
  Failure last = none_up();
  std::set<std::size_t> tried;
  while (const auto endpoint = best(tried)) {
    tried.insert(*endpoint);
    const auto round = begin({*endpoint}, calls);
    const auto& said = round->said[*endpoint];
    while (said.pending()) pump(Clock::time_point::max());
    if (said.complete()) {
      preferred_ = *endpoint;
      return round->answers().at(*endpoint);
    }
    last = *said.failure;
    if (last.kind == FailureKind::stopped) break;
  }
  return std::unexpected(last);
}

EndpointPool::ByEndpoint EndpointPool::each(const std::vector<RpcCall>& calls, const Enough& enough,
                                            std::uint32_t grace_ms) {
  const auto asked = all_in_reach();
  if (asked.empty()) return {};
  const auto round = begin(asked, calls);
  auto until = Clock::time_point::max();
  std::size_t seen = 0;
  while (round->pending() > 0 && Clock::now() < until) {
    if (enough && until == Clock::time_point::max() && round->complete() > seen) {
      seen = round->complete();
      if (enough(round->answers())) until = Clock::now() + std::chrono::milliseconds(grace_ms);
      if (grace_ms == 0 && until != Clock::time_point::max()) break;
    }
    pump(until);
  }
  return round->answers();
}

RpcAnswers EndpointPool::agreed(const std::vector<RpcCall>& calls) {
  if (options_.quorum <= 1) return ask(calls);
  const auto asked = all_in_reach();
  if (asked.empty()) return std::unexpected(none_up());
  const auto round = begin(asked, calls);
  round->agreed.resize(calls.size());
  const auto undecided = [&] { return std::ranges::any_of(round->agreed, [](const auto& one) { return !one; }); };
  decide(*round);
  while (undecided() && round->pending() > 0) {
    pump(Clock::time_point::max());
    decide(*round);
  }
  round->settled = true;
  for (const auto endpoint : asked) {
    if (round->said.at(endpoint).complete()) compare(*round, endpoint);
  }
  Answers result;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& one = round->agreed[i];
    result.push_back(
        one ? *one
            : RpcAnswer(std::unexpected(Failure{
                  .kind = FailureKind::disagreement,
                  .detail = calls[i].method + ": fewer than " + std::to_string(options_.quorum) + " equal answers"})));
  }
  return result;
}

}  // namespace lockstep::transport
