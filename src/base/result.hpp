#pragma once
// Refusals that a person reads. A refusal that code reacts to is a closed enum in std::expected instead (STYLE rule 3).
#include <expected>
#include <string>
#include <utility>

namespace lockstep {

/// What went wrong, where (file:line:col, key path, chain, endpoint name), why, and what to do next. Never contains a
/// secret or a URL.
struct Error {
  std::string what;
  std::string where = {};
  std::string why = {};
  std::string next = {};

  /// "what (where): why. Next: next"
  std::string text() const {
    std::string line = what;
    if (!where.empty()) line += " (" + where + ")";
    if (!why.empty()) line += ": " + why;
    if (!next.empty()) line += ". Next: " + next;
    return line;
  }
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string what, std::string where = {}, std::string why = {},
                                   std::string next = {}) {
  return std::unexpected(Error{std::move(what), std::move(where), std::move(why), std::move(next)});
}

}  // namespace lockstep
