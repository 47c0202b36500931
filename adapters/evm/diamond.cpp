#include "adapters/evm/diamond.hpp"

#include <algorithm>

#include "adapters/evm/governance/reader.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::diamond {
namespace {

Selector selector_of(const abi::Value& value) {
  const auto word = abi::as_hash(value);
  Selector selector;
  std::copy_n(word.bytes.begin(), selector.size(), selector.begin());
  return selector;
}

std::optional<std::string> cut_one(Facets& facets, const FacetCut& one) {
  for (const auto& selector : one.selectors) {
    const auto known = facets.find(selector);
    const bool there = known != facets.end();
    if (there == (one.action == Action::add))
      return to_text(selector) + (there ? " is there already" : " is not there");
    if (one.action == Action::remove)
      facets.erase(known);
    else
      facets[selector] = one.facet;
  }
  return std::nullopt;
}

using Codes = std::map<Address, Hash32>;

/// Adds what is not known yet.
Result<void> read_codes(EndpointPool& pool, const std::set<Address>& accounts, const Hash32& block, Codes& codes) {
  std::vector<ProofRequest> requests;
  for (const auto& account : accounts) {
    if (!codes.contains(account)) requests.push_back({account, {}});
  }
  if (requests.empty()) return {};
  const auto state = prove(pool, block, requests);
  if (!state) return std::unexpected(state.error());
  for (const auto& [account, proved] : state->accounts) codes[account] = proved.account.code_hash;
  return {};
}

/// The first facet that has none.
std::optional<Address> without_code(const Facets& facets, const Codes& codes) {
  static const auto none = crypto::keccak256(BytesView{});
  for (const auto& [selector, facet] : facets) {
    const auto& code = codes.at(facet);
    if (code == none || code.is_zero()) return facet;
  }
  return std::nullopt;
}

std::string size_of(const Facets& facets) {
  return fmt::format("{} functions of {} facets", facets.size(), accounts_of(facets).size());
}

struct Cutting {
  Rows& rows;
  EndpointPool& pool;
  const DiamondChange& change;
  const Hash32& block;
  Codes codes = {};

  /// Adds the row; nothing if it is red.
  Result<std::optional<Facets>> step(const char* row, const char* what, const Facets& from, const Hash32& wanted,
                                     const std::vector<Call>& calls) {
    const auto place = change.contract + " " + to_hex(change.diamond);
    const auto after = cut(from, cuts_in(calls, change.diamond));
    if (!after) {
      rows.add(row, "", Colour::red, "{}: the {} cannot be made: {}", place, what, after.error());
      return std::nullopt;
    }
    if (auto done = read_codes(pool, accounts_of(*after), block, codes); !done) return std::unexpected(done.error());
    if (const auto empty = without_code(*after, codes)) {
      rows.add(row, "", Colour::red, "{}: after the {} a facet is {}, which has no code", place, what, to_hex(*empty));
      return std::nullopt;
    }
    const auto version = version_of(*after, codes);
    rows.add(row, "", green_if(version == wanted), "{}: the {} gives {}, version {}, planned {}", place, what,
             size_of(*after), to_hex(version), to_hex(wanted));
    return *after;
  }
};

std::string told(const DiamondChange& change, const Seen& seen, const Hash32& wanted) {
  if (seen.facets.empty())
    return fmt::format("{} {} does not answer facets()", change.contract, to_hex(change.diamond));
  return fmt::format("{} {}: {} make version {}, expected {}", change.contract, to_hex(change.diamond),
                     size_of(seen.facets), to_hex(seen.version), to_hex(wanted));
}

}  // namespace

std::string to_text(const Selector& selector) { return to_hex(BytesView(selector)); }

Bytes loupe_calldata() {
  static const auto selector = abi::parse_function("facets()").value().selector();
  return {selector.begin(), selector.end()};
}

std::optional<Facets> facets_in(const RpcAnswer& answer) {
  static const auto shape = abi::parse_type("(address,bytes4[])[]").value();
  const auto bytes = answer ? as_bytes(answer) : Result<Bytes>(Bytes{});
  if (!bytes || bytes->empty()) return std::nullopt;
  const auto list = abi::decode({shape}, *bytes);
  if (!list) return std::nullopt;
  Facets facets;
  for (const auto& facet : (*list)[0].elements) {
    for (const auto& selector : facet.elements[1].elements) {
      if (!facets.emplace(selector_of(selector), abi::as_address(facet.elements[0])).second) return std::nullopt;
    }
  }
  return facets.empty() ? std::nullopt : std::optional(std::move(facets));
}

std::vector<FacetCut> cuts_in(const std::vector<Call>& calls, const Address& diamond) {
  static const governance::CallShape shape(cut_signature);
  std::vector<FacetCut> cuts;
  for (const auto& call : direct::unfolded(calls)) {
    const auto values = call.target == diamond ? shape.decode(call.data) : std::nullopt;
    if (!values) continue;
    for (const auto& one : (*values)[0].elements) {
      const auto action = one.elements[1].word;
      if (action > static_cast<unsigned>(Action::remove)) continue;  // the diamond reverts, as the shadow run shows
      FacetCut added{.facet = abi::as_address(one.elements[0]), .action = static_cast<Action>(action), .selectors = {}};
      for (const auto& selector : one.elements[2].elements) added.selectors.push_back(selector_of(selector));
      cuts.push_back(std::move(added));
    }
  }
  return cuts;
}

std::expected<Facets, std::string> cut(Facets facets, const std::vector<FacetCut>& cuts) {
  for (const auto& one : cuts) {
    if (auto why = cut_one(facets, one)) return std::unexpected(*std::move(why));
  }
  return facets;
}

Hash32 version_of(const Facets& facets, const std::map<Address, Hash32>& codes) {
  Bytes text;
  for (const auto& [selector, facet] : facets) {
    append(text, BytesView(selector));
    append(text, facet.view());
    append(text, codes.at(facet).view());
  }
  return crypto::keccak256(text);
}

std::set<Address> accounts_of(const Facets& facets) {
  std::set<Address> accounts;
  for (const auto& [selector, facet] : facets) accounts.insert(facet);
  return accounts;
}

Result<std::vector<Seen>> read(EndpointPool& pool, const CompiledInstance& compiled, const Hash32& block) {
  std::vector<Seen> all;
  if (compiled.diamonds.empty()) return all;
  std::vector<RpcCall> calls;
  calls.reserve(compiled.diamonds.size());
  for (const auto& change : compiled.diamonds) calls.push_back(call_at(change.diamond, loupe_calldata(), block));
  const auto answers = agreed_all(pool, calls);
  if (!answers) return std::unexpected(answers.error());
  if (auto done = all_answered(*answers, "facets() was not answered"); !done) return std::unexpected(done.error());
  std::set<Address> accounts;
  for (const auto& answer : *answers) {
    all.push_back({.facets = facets_in(answer).value_or(Facets{}), .version = {}});
    accounts.merge(accounts_of(all.back().facets));
  }
  Codes codes;
  if (auto done = read_codes(pool, accounts, block, codes); !done) return std::unexpected(done.error());
  for (auto& seen : all) seen.version = seen.facets.empty() ? Hash32{} : version_of(seen.facets, codes);
  return all;
}

void add_version_rows(Rows& rows, const CompiledInstance& compiled, bool expect_new, const std::vector<Seen>& seen) {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& change = compiled.diamonds[i];
    const auto& wanted = expect_new ? change.new_version : change.old_version;
    rows.add("diamond-facets", "E1", green_if(seen[i].version == wanted), "{}", told(change, seen[i], wanted));
  }
}

Result<void> add_planned_rows(Rows& rows, EndpointPool& pool, const CompiledInstance& compiled, const Hash32& block) {
  const auto found = read(pool, compiled, block);
  if (!found) return std::unexpected(found.error());
  const auto& seen = *found;
  add_version_rows(rows, compiled, false, seen);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].facets.empty()) continue;  // red already
    const auto& change = compiled.diamonds[i];
    Cutting cutting{.rows = rows, .pool = pool, .change = change, .block = block};
    const auto after =
        cutting.step("diamond-cut", "switch", seen[i].facets, change.new_version, compiled.leaf.switch_calls);
    if (!after) return std::unexpected(after.error());
    if (!*after || compiled.leaf.rollback_calls.empty()) continue;
    const auto back =
        cutting.step("diamond-uncut", "rollback", **after, change.old_version, compiled.leaf.rollback_calls);
    if (!back) return std::unexpected(back.error());
  }
  return {};
}

std::vector<std::string> strange(const CompiledInstance& compiled, bool expect_new, const std::vector<Seen>& seen) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& change = compiled.diamonds[i];
    const auto& wanted = expect_new ? change.new_version : change.old_version;
    if (seen[i].version != wanted) all.push_back(told(change, seen[i], wanted) + ": cut from outside the plan");
  }
  return all;
}

}  // namespace lockstep::evm::diamond
