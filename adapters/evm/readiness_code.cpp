// The code that the plan installs (U1, U2): that it is there, that nobody can initialise the implementation itself,
// that a proxy which upgrades itself can do so again, and that it has nothing that destroys it.
#include <algorithm>
#include <limits>

#include "adapters/evm/code_scan.hpp"
#include "adapters/evm/compile_parts.hpp"
#include "adapters/evm/readiness.hpp"
#include "adapters/evm/storage_layout.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using governance::calldata;

const Hash32 first_slot{};
constexpr auto disabled = std::numeric_limits<std::uint64_t>::max();

/// What the plan has the new implementation run, in the proxy's storage; empty if nothing.
Bytes initialiser_of(const FollowedPlan& plan, const ProxyChange& proxy) {
  static const governance::CallShape itself(upgrades_of_itself[0]), by_admin(upgrades_by_admin[0]);
  Bytes data;
  for (const auto& call : direct::unfolded(plan.compiled.leaf.switch_calls)) {
    if (const auto v = itself.decode(call.data); v && call.target == proxy.proxy) data = (*v)[1].bytes;
    if (const auto v = by_admin.decode(call.data); v && abi::as_address((*v)[0]) == proxy.proxy) data = (*v)[2].bytes;
  }
  return data;
}

struct NewCode {
  const ProxyChange& proxy;
  CodeScan now, before;
  Uint256 version = 0, first_word = 0;                 // of the implementation's own storage
  std::optional<Hash32> uuid, old_uuid;                // proxiableUUID()
  bool runs_initialiser = false, initialises = false;  // the plan's own data; initialize()
};

void add_initialised_row(Rows& rows, const NewCode& code) {
  const auto version = static_cast<std::uint64_t>(code.version & disabled);
  const auto old_version = static_cast<std::uint64_t>(code.first_word & 0xff);
  const auto say = [&](Colour colour, const std::string& text) {
    rows.add("implementation-initialised", "", colour, "{} at {}: {}", code.proxy.contract,
             to_hex(code.proxy.new_implementation), text);
  };
  static const std::string next = ". Next: deploy one whose constructor calls _disableInitializers()";
  if (code.runs_initialiser || code.initialises)
    return say(Colour::red, (code.initialises ? std::string("anybody can call initialize()")
                                              : std::string("anybody can call what the plan initialises it with")) +
                                " on the implementation itself" + next);
  if (code.now.initializable_v5) {
    if (version == disabled) return say(Colour::green, "its own initialisers are disabled for good");
    if (version == 0)
      return say(Colour::red,
                 "OpenZeppelin's Initializable in its code, and it was never initialised: anybody can" + next);
    return say(Colour::amber, fmt::format("was itself initialised, as version {}: make sure that nothing takes it to a "
                                          "later one",
                                          version));
  }
  if (code.now.initializable_old) {
    if (old_version == 0xff) return say(Colour::green, "its own initialisers are disabled for good (slot 0)");
    return say(Colour::amber,
               old_version == 0
                   ? "OpenZeppelin's Initializable before v5, whose flag is not set in slot 0, where it usually is: "
                     "make sure that nobody can initialise the implementation itself"
                   : fmt::format("was itself initialised, as version {} (slot 0)", old_version));
  }
  say(Colour::amber,
      "OpenZeppelin's Initializable is not in its code; make sure that nobody can initialise the implementation "
      "itself");
}

void add_scan_rows(Rows& rows, const NewCode& code) {
  const auto place = code.proxy.contract + " at " + to_hex(code.proxy.new_implementation);
  if (const auto& found = code.now.selfdestructs; !found.empty())
    rows.add("implementation-opcodes", "", Colour::red, "{}: SELFDESTRUCT at byte {}: chains without EIP-6780 lose it",
             place, found.front());
  else
    rows.add("implementation-opcodes", "", amber_unless(code.now.delegatecalls <= code.before.delegatecalls),
             "{}: no SELFDESTRUCT; {} DELEGATECALL or CALLCODE, today's implementation has {}", place,
             code.now.delegatecalls, code.before.delegatecalls);
  if (!code.uuid && !code.old_uuid) return;
  const bool good = code.uuid == erc1967_implementation_slot;
  rows.add("proxiable-uuid", "", green_if(good || !code.old_uuid), "{}: proxiableUUID() is {}", place,
           !code.uuid ? "not answered, though today's implementation does: the proxy could never be upgraded again"
           : good     ? "the ERC-1967 implementation slot"
                      : to_hex(*code.uuid) + ", not the ERC-1967 implementation slot");
}

/// Files of the operator's own: nothing on a chain tells of them.
void add_layout_row(Rows& rows, const ProxyChange& proxy) {
  if (proxy.old_layout.empty()) return;
  const auto say = [&](Colour colour, const std::string& text) {
    rows.add("storage-layout", "", colour, "{} at {}: {}", proxy.contract, to_hex(proxy.new_implementation), text);
  };
  const auto before = layout::load(proxy.old_layout), after = layout::load(proxy.new_layout);
  if (!before || !after) return say(Colour::red, (before ? after : before).error().text());
  if (const auto changed = layout::difference(*before, *after))
    return say(Colour::red, "the new layout does not only append: " + *changed);
  if (before->variables.empty() && after->variables.empty())
    return say(Colour::amber, "both layouts are empty: solc leaves out variables in namespaces (ERC-7201)");
  say(Colour::green, fmt::format("{} variables stay where they are, the new layout has {}", before->variables.size(),
                                 after->variables.size()));
}

std::optional<Hash32> word_in(const RpcAnswer& answer) {
  const auto bytes = as_bytes(answer);
  return bytes && bytes->size() == Hash32::size ? word_of(*bytes, 0) : std::nullopt;
}

}  // namespace

void add_new_code_requests(std::vector<ProofRequest>& requests, const FollowedPlan& plan) {
  for (const auto& proxy : plan.compiled.proxies) {
    auto known = std::ranges::find(requests, proxy.new_implementation, &ProofRequest::account);
    if (known == requests.end()) known = requests.insert(requests.end(), {proxy.new_implementation, {}});
    known->slots.push_back(initializable_slot);
    known->slots.push_back(first_slot);
  }
}

Result<void> add_new_code_rows(Rows& rows, const ReadinessContext& context, const ProvedState& state,
                               const Hash32& block) {
  static const auto no_code = crypto::keccak256(BytesView{});
  static const auto nobody = calldata("lockstepHasNoSuchFunction()"), uuid = calldata("proxiableUUID()"),
                    initialize = calldata("initialize()");
  for (const auto& proxy : context.plan.compiled.proxies) {
    const auto& account = state.accounts.at(proxy.new_implementation);
    const auto& hash = account.account.code_hash;
    const bool has_code = hash != no_code && !hash.is_zero();
    rows.add("new-implementation-code", "", green_if(has_code && hash == proxy.new_code_hash),
             "{} at {}: {}expected code hash {}, found {}", proxy.contract, to_hex(proxy.new_implementation),
             has_code ? "" : "no code; ", to_hex(proxy.new_code_hash), to_hex(hash));
    add_layout_row(rows, proxy);
    if (!has_code) continue;
    const auto planned = initialiser_of(context.plan, proxy);
    const auto& fresh = proxy.new_implementation;
    const auto answers = agreed_all(
        context.pool, {code_at(fresh, block), code_at(proxy.old_implementation, block), call_at(fresh, uuid, block),
                       call_at(proxy.old_implementation, uuid, block), call_at(fresh, nobody, block),
                       call_at(fresh, initialize, block), call_at(fresh, planned.empty() ? nobody : planned, block)});
    if (!answers) return std::unexpected(answers.error());
    if (auto done = all_answered(*answers, "the new implementation is not readable"); !done) return done;
    const auto code = as_bytes((*answers)[0]), before = as_bytes((*answers)[1]);
    if (!code || !before) return std::unexpected((code ? before : code).error());
    if (crypto::keccak256(BytesView(*code)) != hash)
      return fail("code of the new implementation is not what its proved hash says", to_hex(fresh));
    const bool takes_any = (*answers)[4].has_value();
    NewCode seen{.proxy = proxy,
                 .now = scan(*code),
                 .before = scan(*before),
                 .version = account.at(initializable_slot),
                 .first_word = account.at(first_slot),
                 .uuid = word_in((*answers)[2]),
                 .old_uuid = word_in((*answers)[3]),
                 .runs_initialiser = !takes_any && !planned.empty() && (*answers)[6].has_value(),
                 .initialises = !takes_any && (*answers)[5].has_value()};
    add_initialised_row(rows, seen);
    add_scan_rows(rows, seen);
  }
  return {};
}

}  // namespace lockstep::evm
