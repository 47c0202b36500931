#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

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
