#include "api/tokens.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

namespace lockstep::api {

std::optional<Scope> scope_of(const std::string& text) {
  if (text == "submit") return Scope::submit;
  if (text == "command") return Scope::command;
  if (text == "reload") return Scope::reload;
  if (text == "read") return Scope::read;
  return std::nullopt;
}

bool allows(std::uint8_t scopes, Scope scope) {
  return scope != Scope::none && (scopes & static_cast<std::uint8_t>(scope)) != 0;
}

std::optional<std::string_view> bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  if (authorization.size() <= scheme.size() ||
      !std::ranges::equal(authorization.substr(0, scheme.size()), scheme, {}, lower))
    return std::nullopt;
  return authorization.substr(scheme.size());
}

const Token* find_token(std::string_view shown, const std::vector<Token>& tokens) {
  Hash32 hash;
  EVP_Digest(shown.data(), shown.size(), hash.bytes.data(), nullptr, EVP_sha256(), nullptr);
  const Token* found = nullptr;
  for (const auto& token : tokens) {
    if (CRYPTO_memcmp(token.sha256.bytes.data(), hash.bytes.data(), Hash32::size) == 0) found = &token;
  }
  return found;
}

}  // namespace lockstep::api
