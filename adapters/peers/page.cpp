#include "adapters/peers/page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_nesting.hpp"
#include "crypto/eip712.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::peers {
namespace {

using coordinator::Attestation;
using coordinator::Kind;
using coordinator::Outcome;
using nlohmann::json;

constexpr std::string_view schema = "lockstep.attestations/1";
constexpr std::array members{"plan", "epoch", "kind", "outcome", "operator_set", "evidence", "signer", "signature"};
constexpr std::size_t signature_bytes = 65;

std::unexpected<std::string> no(std::string why) { return std::unexpected(std::move(why)); }

std::optional<std::string> text_at(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

template <class Fixed>
std::optional<Fixed> fixed_at(const json& object, const char* key) {
  const auto text = text_at(object, key);
  return text ? fixed_from_hex<Fixed>(*text) : std::nullopt;
}

/// A number, or beyond 2^53 its decimal text.
std::optional<std::uint64_t> number_at(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at != object.end() && at->is_number_unsigned()) return at->get<std::uint64_t>();
  const auto text = text_at(object, key);
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

template <class Enum>
std::optional<Enum> named(const std::optional<std::string>& text, std::initializer_list<Enum> known) {
  for (const auto value : known) {
    if (text && *text == to_text(value)) return value;
  }
  return std::nullopt;
}

std::optional<Attestation> parse_one(const json& entry) {
  if (!entry.is_object() || entry.size() != members.size()) return std::nullopt;
  const auto kind = named(text_at(entry, "kind"),
                          {Kind::switch_version, Kind::vote_new, Kind::vote_old, Kind::outcome, Kind::halt_now});
  const auto outcome = named(text_at(entry, "outcome"), {Outcome::none, Outcome::new_version, Outcome::old_version});
  const auto plan = fixed_at<Hash32>(entry, "plan");
  const auto set = fixed_at<Hash32>(entry, "operator_set");
  const auto evidence = fixed_at<Hash32>(entry, "evidence");
  const auto signer = fixed_at<Address>(entry, "signer");
  const auto epoch = number_at(entry, "epoch");
  const auto signature_text = text_at(entry, "signature");
  auto signature = signature_text ? bytes_from_hex(*signature_text) : std::nullopt;
  if (!kind || !outcome || !plan || !set || !evidence || !signer || !epoch || !signature) return std::nullopt;
  if (signature->size() != signature_bytes) return std::nullopt;
  return Attestation{{*kind, *epoch, *plan, *outcome, *set, *evidence}, *signer, std::move(*signature)};
}

}  // namespace

std::expected<std::vector<Attestation>, std::string> parse_page(std::string_view text) {
  if (nests_too_deep(text)) return no("the answer is nested too deep");
  const auto page = json::parse(text, nullptr, false);
  if (!page.is_object()) return no("the answer is not a JSON object");
  if (text_at(page, "schema") != schema) return no("the answer is of another schema");
  const auto list = page.find("attestations");
  if (list == page.end() || !list->is_array() || page.size() != 2)
    return no("the answer is not a page of attestations");
  if (list->size() > most_attestations) return no("more attestations than a plan can have");
  std::vector<Attestation> attestations;
  for (const auto& entry : *list) {
    auto one = parse_one(entry);
    if (!one) return no("an attestation in the answer is malformed");
    attestations.push_back(std::move(*one));
  }
  return attestations;
}

bool proves_itself(const Attestation& attestation, const coordinator::Plan& plan, const Hash32& domain) {
  const auto& statement = attestation.statement;
  const auto& set = plan.operators;
  if (statement.plan_hash != plan.hash || statement.epoch != plan.epoch || statement.operator_set != set.hash)
    return false;
  if (std::ranges::find(set.operators, attestation.signer) == set.operators.end()) return false;
  return crypto::recover(crypto::digest(domain, statement), attestation.signature) == attestation.signer;
}

bool says_unknown_plan(std::string_view body) {
  if (nests_too_deep(body)) return false;
  const auto problem = json::parse(body, nullptr, false);
  return problem.is_object() && text_at(problem, "code") == "unknown-plan";
}

}  // namespace lockstep::peers
