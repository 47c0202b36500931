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
  return std::nullopt;
}

bool allows(std::uint8_t scopes, Scope scope) {
  return scope != Scope::none && (scopes & static_cast<std::uint8_t>(scope)) != 0;
}

const Token* bearer(std::string_view authorization, const std::vector<Token>& tokens) {
  constexpr std::string_view scheme = "bearer ";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (authorization.size() <= scheme.size() ||
      !std::equal(scheme.begin(), scheme.end(), authorization.begin(), [&](char b, char a) { return same(a, b); }))
    return nullptr;
  const auto secret = authorization.substr(scheme.size());
  Hash32 hash;
  EVP_Digest(secret.data(), secret.size(), hash.bytes.data(), nullptr, EVP_sha256(), nullptr);
  const Token* found = nullptr;
  for (const auto& token : tokens) {
    if (CRYPTO_memcmp(token.sha256.bytes.data(), hash.bytes.data(), Hash32::size) == 0) found = &token;
  }
  return found;
}

}  // namespace lockstep::api
