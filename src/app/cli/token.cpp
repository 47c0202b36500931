#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "app/cli/operating.hpp"
#include "base/bytes.hpp"

namespace lockstep::app {
namespace {

/// A token is shown once, here; the daemon knows its hash only.
Exit token_new(Session& session, const std::string& id, const std::vector<std::string>& scopes) {
  std::array<unsigned char, 32> secret{}, hash{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1)
    return session.fail({"no randomness", {}, "the system gives none", {}}, Exit::unexpected);
  const auto token = "lst_" + to_hex(BytesView(secret)).substr(2);
  EVP_Digest(token.data(), token.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  const auto digest = to_hex(BytesView(hash)).substr(2);
  std::string list;
  for (const auto& scope : scopes) list += (list.empty() ? "\"" : ", \"") + scope + "\"";
  const auto toml = fmt::format("[[api.token]]\nid = \"{}\"\nsha256 = \"{}\"\nscopes = [{}]\n", id, digest, list);
  session.say("put this into the config and reload (SIGHUP):\n" + toml);
  return session.result(
      {{"schema", "lockstep.token/1"}, {"id", id}, {"token", token}, {"sha256", digest}, {"scopes", scopes}}, token);
}

}  // namespace

void add_token(CLI::App& app, Session& session, Verb& verb) {
  struct Arguments {
    std::string id;
    std::vector<std::string> scopes;
  };
  const auto args = std::make_shared<Arguments>();
  auto* token = app.add_subcommand("token", "bearer tokens of the API")->require_subcommand(1)->fallthrough();
  auto* make =
      token->add_subcommand("new", "make one: the token to stdout, what the config needs to stderr")->fallthrough();
  make->add_option("ID", args->id, "who it is for")->required();
  make->add_option("--scope", args->scopes, "read, submit, command or reload; repeatable")
      ->required()
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"read", "submit", "command", "reload"}));
  make->callback(
      [&session, &verb, args] { verb = [&session, args] { return token_new(session, args->id, args->scopes); }; });
}

}  // namespace lockstep::app
