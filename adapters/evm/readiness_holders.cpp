// Who may upgrade or unpause the instance's own contracts besides the gate (B1, F28): owner(), the ERC-1967 admin, and
// roles as events name their holders; and whether each of them can, asked by calling as it: what is answered otherwise
// than a stranger is lets it in.
#include <algorithm>

#include "adapters/evm/diamond.hpp"
#include "adapters/evm/readiness.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using governance::calldata;

constexpr unsigned most_members = 64;
constexpr const char* may_upgrade = "may upgrade it";
constexpr const char* may_unpause = "may unpause it";

/// EIP-1967: keccak256("eip1967.proxy.…") - 1.
Hash32 proxy_slot(std::string_view name) { return to_word(from_word(crypto::keccak256(name)) - 1); }

struct Candidate {
  Address account;
  std::string as;
  bool certain = false;  // no call has to tell
};

struct Subject : ProxySight {
  bool pausable = false;
  std::vector<Candidate> candidates = {};
  std::string unknown = {};  // why there may be others

  bool upgradeable() const { return beacon || diamond || !admin.is_zero() || !implementation.is_zero(); }
};

class Holders {
 public:
  Holders(Rows& rows, const ReadinessContext& context, const coordinator::BlockRef& block)
      : rows_(rows),
        context_(context),
        block_(block),
        read_([&context](const auto& calls) { return agreed_all(context.pool, calls); }, block) {}

  Result<void> begin() {
    const auto answers = read_.calls(context_.plan.gate(), {calldata("guardian()(address)")});
    if (!answers) return std::unexpected(answers.error());
    guardian_ = governance::address_in(answers->front()).value_or(Address{});
    return {};
  }

  Result<void> add_rows(Subject& subject) {
    if (auto done = read_owner(subject); !done) return done;
    if (!subject.upgradeable() && !subject.pausable) return {};
    if (auto done = read_roles(subject); !done) return done;
    if (subject.upgradeable()) {
      auto done = subject.admin.is_zero() ? judge(subject, "instance-upgraders", may_upgrade, upgrades_of(subject))
                                          : judge_admin(subject);
      if (!done) return done;
    }
    if (!subject.pausable) return {};
    return judge(subject, "instance-unpausers", may_unpause, unpauses_of(subject));
  }

 private:
  Result<void> read_owner(Subject& subject) {
    const auto answers =
        read_.calls(subject.address, {calldata("owner()(address)"), calldata("authority()(address)"),
                                      calldata("paused()(bool)"), calldata("implementation()(address)")});
    if (!answers) return std::unexpected(answers.error());
    if (const auto owner = governance::address_in((*answers)[0]); owner && !owner->is_zero())
      subject.candidates.push_back({*owner, "its owner()"});
    if (const auto authority = governance::address_in((*answers)[1]); authority && !authority->is_zero())
      subject.unknown = "its authority() " + to_hex(*authority) + " knows who else";
    subject.pausable = governance::word((*answers)[2]).has_value() || !resumes_of(subject.address).empty();
    if (subject.beacon) subject.implementation = governance::address_in((*answers)[3]).value_or(Address{});
    return {};
  }

  /// Those that events name and hasRole() confirms; where the contract lists its members, those too.
  Result<void> read_roles(Subject& subject) {
    static const std::map<Hash32, std::string> named{{governance::role_hash(""), "DEFAULT_ADMIN_ROLE"},
                                                     {governance::role_hash("UPGRADER_ROLE"), "UPGRADER_ROLE"},
                                                     {governance::role_hash("PAUSER_ROLE"), "PAUSER_ROLE"},
                                                     {governance::role_hash("UNPAUSER_ROLE"), "UNPAUSER_ROLE"}};
    std::vector<Bytes> asked{calldata("hasRole(bytes32,address)(bool)", {abi::of(Hash32{}), abi::of(Address{})})};
    for (const auto& [role, name] : named) {
      asked.push_back(calldata("getRoleAdmin(bytes32)(bytes32)", {abi::of(role)}));
      asked.push_back(calldata("getRoleMemberCount(bytes32)(uint256)", {abi::of(role)}));
    }
    const auto answers = read_.calls(subject.address, asked);
    if (!answers) return std::unexpected(answers.error());
    if (!governance::word((*answers)[0])) return {};
    auto roles = named;
    bool listed = true;
    std::size_t at = 1;
    std::vector<std::pair<Hash32, std::uint64_t>> counts;
    for (const auto& [role, name] : named) {
      const auto admin = governance::word((*answers)[at++]), count = governance::word((*answers)[at++]);
      if (admin && *admin != 0) roles.emplace(to_word(*admin), "the admin role of " + name);
      listed = listed && count && *count <= most_members;
      if (count) counts.emplace_back(role, static_cast<std::uint64_t>(std::min<Uint256>(*count, most_members)));
    }
    if (auto done = add_members(subject, roles, counts); !done) return done;
    return add_granted(subject, roles, listed);
  }

  Result<void> add_members(Subject& subject, const std::map<Hash32, std::string>& roles,
                           const std::vector<std::pair<Hash32, std::uint64_t>>& counts) {
    std::vector<Bytes> asked;
    std::vector<Hash32> of;
    for (const auto& [role, count] : counts) {
      for (std::uint64_t i = 0; i < count; ++i) {
        asked.push_back(calldata("getRoleMember(bytes32,uint256)(address)", {abi::of(role), abi::of(Uint256(i))}));
        of.push_back(role);
      }
    }
    if (asked.empty()) return {};
    const auto answers = read_.calls(subject.address, asked);
    if (!answers) return std::unexpected(answers.error());
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (const auto member = governance::address_in((*answers)[i])) add_holder(subject, roles, of[i], *member);
    }
    return {};
  }

  Result<void> add_granted(Subject& subject, const std::map<Hash32, std::string>& roles, bool listed) {
    static const governance::RoleBook nothing;
    const auto found = context_.roles.find(subject.address);
    const auto& book = found == context_.roles.end() ? nothing : found->second;
    std::vector<Hash32> wanted;
    for (const auto& [role, name] : roles) wanted.push_back(role);
    const auto holders = holders_of(subject.address, book, wanted, read_);
    if (!holders) return std::unexpected(holders.error());
    for (const auto& [role, accounts] : *holders) {
      for (const auto& holder : accounts) add_holder(subject, roles, role, holder.account);
    }
    // An initialiser grants the first role, and its event is the first there is.
    if (!listed && book.candidates(Hash32{}).empty())
      subject.unknown = fmt::format(
          "roles that were granted before block {} are not seen. Next: set deployed_at of the instance, or logs_from "
          "of the chain, to where it was deployed",
          context_.logs_from);
    return {};
  }

  static void add_holder(Subject& subject, const std::map<Hash32, std::string>& roles, const Hash32& role,
                         const Address& account) {
    const auto& name = roles.at(role);
    const auto known = std::ranges::find_if(
        subject.candidates, [&](const auto& one) { return one.account == account && one.as == "holder of " + name; });
    if (known != subject.candidates.end()) return;
    const bool grants = role.is_zero() || name.starts_with("the admin");
    subject.candidates.push_back({account, "holder of " + name, grants});
  }

  /// Of a transparent proxy: only its admin, which is a ProxyAdmin with an owner, or acts for itself.
  Result<void> judge_admin(const Subject& subject) {
    const auto answers = read_.calls(subject.admin, {calldata("owner()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto owner = governance::address_in(answers->front());
    Subject by_admin = subject;
    by_admin.unknown.clear();
    by_admin.candidates = {owner ? Candidate{*owner, "owner of its admin " + to_hex(subject.admin), true}
                                 : Candidate{subject.admin, "its admin", true}};
    return judge(by_admin, "instance-upgraders", may_upgrade, {});
  }

  std::vector<Bytes> upgrades_of(const Subject& subject) const {
    if (subject.diamond) {
      abi::Value none;
      return {calldata("diamondCut((address,uint8,bytes4[])[],address,bytes)",
                       {none, abi::of(Address{}), abi::of(BytesView{})})};
    }
    const auto same = abi::of(subject.implementation);
    return {calldata("upgradeToAndCall(address,bytes)", {same, abi::of(BytesView{})}),
            calldata("upgradeTo(address)", {same})};
  }

  std::vector<Bytes> resumes_of(const Address& contract) const {
    std::vector<Bytes> all;
    for (const auto& call : context_.plan.compiled.leaf.resume_calls) {
      if (call.target == contract) all.push_back(call.data);
    }
    return all;
  }

  std::vector<Bytes> unpauses_of(const Subject& subject) const {
    auto all = resumes_of(subject.address);
    const auto usual = calldata("unpause()");
    if (std::ranges::find(all, usual) == all.end()) all.push_back(usual);
    return all;
  }

  /// By attempt: what `from` is answered, without its own address.
  Result<std::vector<std::string>> tried(const Address& from, const Subject& subject,
                                         const std::vector<Bytes>& attempts) const {
    std::vector<RpcCall> calls;
    for (const auto& attempt : attempts) {
      calls.push_back(call_at(subject.address, attempt, block_.hash));
      calls.back().params[0]["from"] = to_hex(from);
    }
    const auto answers = agreed_all(context_.pool, calls);
    if (!answers) return std::unexpected(answers.error());
    if (auto done = all_answered(*answers, "a call was not answered"); !done) return std::unexpected(done.error());
    std::vector<std::string> told;
    for (const auto& answer : *answers) {
      auto text = answer ? std::string() : why_reverted(answer.error());
      const auto own = to_hex(from);
      for (auto at = text.find(own); at != std::string::npos; at = text.find(own)) text.replace(at, own.size(), "it");
      told.push_back(std::move(text));
    }
    return told;
  }

  static Address stranger() {
    Address nobody;
    std::copy_n(crypto::keccak256(std::string_view("lockstep: a stranger")).bytes.begin(), Address::size,
                nobody.bytes.begin());
    return nobody;
  }

  /// A fallback that takes any call takes those of functions that are not there: they tell nothing.
  Result<std::vector<Bytes>> telling(const Subject& subject, const std::vector<Bytes>& attempts) const {
    auto asked = attempts;
    asked.push_back(calldata("lockstepHasNoSuchFunction()"));
    const auto answers = tried(stranger(), subject, asked);
    if (!answers) return std::unexpected(answers.error());
    if (!answers->back().empty()) return attempts;
    std::vector<Bytes> left;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      if (!(*answers)[i].empty()) left.push_back(attempts[i]);
    }
    return left;
  }

  Result<void> judge(const Subject& subject, const char* row, const char* what, const std::vector<Bytes>& all) {
    const auto place = subject.name + " " + to_hex(subject.address);
    const auto attempts = telling(subject, all);
    if (!attempts) return std::unexpected(attempts.error());
    const auto of_stranger = tried(stranger(), subject, *attempts);
    if (!of_stranger) return std::unexpected(of_stranger.error());
    if (std::ranges::find(*of_stranger, std::string()) != of_stranger->end()) {
      rows_.add(row, "", Colour::red, "{}: anybody {}", place, what);
      return {};
    }
    const auto& gate = context_.plan.gate();
    const auto of_gate = tried(gate, subject, *attempts);
    if (!of_gate) return std::unexpected(of_gate.error());
    const bool by_gate = *of_gate != *of_stranger;
    auto colour = Colour::green;
    std::string text;
    const auto say = [&](const Candidate& one, Colour worst, const std::string& remark) {
      colour = std::max(colour, worst);
      text += fmt::format("{}{}, {}{}", text.empty() ? "" : "; ", to_hex(one.account), one.as, remark);
    };
    for (const auto& one : subject.candidates) {
      if (one.account == gate) {
        say(one, Colour::green, ": the gate");
        continue;
      }
      bool can = one.certain;
      if (!can) {
        const auto own = tried(one.account, subject, *attempts);
        if (!own) return std::unexpected(own.error());
        can = *own != *of_stranger;
      }
      say(one, can ? colour_of(one.account) : Colour::amber, can ? remark_on(one.account) : ", who is refused today");
    }
    if (text.empty() && by_gate) text = "the gate, and nobody that owner(), roles or authority() tell of";
    if (text.empty()) {
      colour = Colour::amber;
      text = "nobody is known who could; make sure that only the gate can";
    }
    if (!subject.unknown.empty()) {
      colour = std::max(colour, Colour::amber);
      text += "; " + subject.unknown;
    }
    rows_.add(row, "", colour, "{}: {}: {}", place, what, text);
    return {};
  }

  bool only_executor_runs(const Address& account) const {
    return std::ranges::any_of(context_.dialects, [&](const auto& dialect) {
      return dialect->address() == account && dialect->place().executor.has_value();
    });
  }
  bool governs(const Address& account) const {
    return std::ranges::any_of(context_.dialects, [&](const auto& dialect) { return dialect->address() == account; });
  }

  Colour colour_of(const Address& account) const {
    if (only_executor_runs(account)) return Colour::green;
    return governs(account) || account == guardian_ ? Colour::amber : Colour::red;
  }
  std::string remark_on(const Address& account) const {
    if (only_executor_runs(account)) return ": only the plan's executor may execute there";
    if (governs(account)) return ": governance, whose queue is watched";
    if (account == guardian_) return ": the gate's guardian";
    return ": not the gate. Next: have governance take that right away";
  }

  Rows& rows_;
  const ReadinessContext& context_;
  const coordinator::BlockRef& block_;
  governance::Reader read_;
  Address guardian_;
};

}  // namespace

Result<void> add_holder_rows(Rows& rows, const ReadinessContext& context, const coordinator::BlockRef& block) {
  const auto& contracts = context.instance.contracts;
  if (contracts.empty()) return {};
  static const auto admin = proxy_slot("eip1967.proxy.admin"), beacon = proxy_slot("eip1967.proxy.beacon");
  std::map<Address, ProofRequest> requests;
  for (const auto& [name, contract] : contracts)
    requests[contract.address] = {contract.address, {erc1967_implementation_slot, admin, beacon}};
  std::vector<ProofRequest> asked;
  for (auto& [address, request] : requests) asked.push_back(std::move(request));
  const auto state = prove(context.pool, block.hash, asked);
  if (!state) return std::unexpected(state.error());
  std::set<Address> beacons;
  for (const auto& [address, account] : state->accounts) beacons.insert(to_address(account.at(beacon)));
  std::vector<ProxySight> seen;
  for (const auto& [name, contract] : contracts) {
    const auto& account = state->accounts.at(contract.address);
    seen.push_back({.name = name,
                    .address = contract.address,
                    .admin = to_address(account.at(admin)),
                    .implementation = to_address(account.at(erc1967_implementation_slot)),
                    .beacon = beacons.contains(contract.address),
                    .diamond = contract.proxy == "diamond"});
  }
  return add_holder_rows(rows, context, block, seen);
}

Result<void> add_holder_rows(Rows& rows, const ReadinessContext& context, const coordinator::BlockRef& block,
                             const std::vector<ProxySight>& seen) {
  Holders holders(rows, context, block);
  if (auto done = holders.begin(); !done) return done;
  for (const auto& one : seen) {
    Subject subject{one};
    if (auto done = holders.add_rows(subject); !done) return done;
  }
  return {};
}

}  // namespace lockstep::evm
