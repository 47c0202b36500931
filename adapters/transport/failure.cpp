#include "adapters/transport/failure.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace lockstep::transport {
namespace {

bool says_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return text.find(word) != std::string::npos; });
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

// The words are those of geth, Erigon, Nethermind, reth, anvil, Alchemy, Infura, QuickNode, Ankr and Cloudflare as seen
// in public issue trackers; -32005 is EIP-1474's "limit exceeded", which some use for rates and some for results.
Limit limit_of(const Failure& failure) {
  if (failure.kind == FailureKind::too_large) return Limit::range;
  if (failure.kind == FailureKind::http_status) {
    if (failure.code == 429 || failure.code == 503) return Limit::rate;
    return failure.code == 413 ? Limit::batch : Limit::none;
  }
  if (failure.kind != FailureKind::rpc) return Limit::none;
  if (failure.reverted) return Limit::none;  // a contract's words
  const auto text = lower(failure.detail);
  if (failure.code == -32601 ||
      says_any(text, {"method not found", "does not exist/is not available", "unsupported method",
                      "method is not supported", "method not supported"}))
    return Limit::unknown_method;
  if (says_any(text, {"batch"})) return Limit::batch;
  if (says_any(text, {"range", "too many results", "more than", "response size", "too large", "limit of",
                      "query timeout", "too many blocks", "returned more", "exceeds max", "max results"}))
    return Limit::range;
  if (failure.code == 429 || failure.code == -32005 || failure.code == -32029 ||
      says_any(text, {"rate limit", "too many requests", "request rate", "compute units", "daily request", "capacity"}))
    return Limit::rate;
  return Limit::none;
}

bool asks_for_less(const Failure& failure) {
  const auto limit = limit_of(failure);
  return limit == Limit::range || limit == Limit::batch;
}

const char* to_text(FailureKind kind) {
  switch (kind) {
    case FailureKind::unreachable:
      return "unreachable";
    case FailureKind::timeout:
      return "timed out";
    case FailureKind::http_status:
      return "HTTP status";
    case FailureKind::too_large:
      return "answer too large";
    case FailureKind::malformed:
      return "malformed answer";
    case FailureKind::rpc:
      return "rpc error";
    case FailureKind::stopped:
      return "stopped";
    case FailureKind::disagreement:
      return "endpoints disagree";
  }
  return "?";
}

std::string to_text(const Failure& failure) {
  std::string text = to_text(failure.kind);
  if (failure.kind == FailureKind::http_status || failure.kind == FailureKind::rpc)
    text += " " + std::to_string(failure.code);
  if (!failure.detail.empty()) text += ": " + failure.detail;
  return text;
}

}  // namespace lockstep::transport
