#pragma once
// Bearer tokens (RFC 6750), known by their hashes only. They open on the read listener what otherwise the admin socket
// alone does, each route by its scope.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace lockstep::api {

enum class Scope : std::uint8_t { none = 0, submit = 1, command = 2, reload = 4, read = 8 };

struct Token {
  std::string id;
  Hash32 sha256;
  std::uint8_t scopes = 0;  // bits of Scope
};

std::optional<Scope> scope_of(const std::string& text);
bool allows(std::uint8_t scopes, Scope scope);

/// What an Authorization header of scheme `Bearer` shows; nothing if it is of another.
std::optional<std::string_view> bearer_of(std::string_view authorization);
/// The token that was shown; null if it is none of them. Takes the same time for all.
const Token* find_token(std::string_view shown, const std::vector<Token>& tokens);

}  // namespace lockstep::api
