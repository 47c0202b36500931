// Venus' OmnichainGovernanceExecutor: a proposal that arrives over LayerZero is queued at once in the timelock of its
// type, Compound-like, of which there are three; from its eta on anybody may execute it, until the timelock's grace
// ends. Its id is the governance chain's number. No view of the executor gives a proposal's calls: those that wait are
// what the timelock holds at its eta, those that are over are compared with the executor's storage.
#include <algorithm>

#include "adapters/evm/governance/compound_queue.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/layerzero_app.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr unsigned types_of_proposals = 3;  // normal, fast track, critical
constexpr UnixSeconds day_s = 86400;

struct VenusProposal final : Operation {
  Uint256 id, type;
  QueuedCalls queued;
};

/// How the contract is configured. The limit and what counts against it are calls, since `since`.
struct Settings {
  Address owner, guardian, endpoint;
  std::vector<Address> timelocks;  // by type
  Uint256 source;                  // LayerZero's number of the governance chain
  bool paused = false;
  Uint256 limit, taken, since;
};

/// mapping(uint256 => Proposal) proposals is in slot 13 of every executor whose layout is published: npm
/// @venusprotocol/governance-contracts 2.9.0, deployments/*/OmnichainGovernanceExecutor.json.
StoredWords stored(const VenusProposal& proposal) {
  const auto base = slot_of_key(proposal.id, 13);
  StoredWords words;
  words.add(base, proposal.id);
  add_stored(words, base + 2, proposal.queued);
  return words;
}

class VenusOmnichain final : public Dialect {
 public:
  explicit VenusOmnichain(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    proposals_.clear();
    failed_.forget();
  }

  void observe(const Log& log) override {
    static const EventShape received(
        "ProposalReceived(uint256 indexed proposalId,address[] targets,uint256[] values,string[] signatures,bytes[] "
        "calldatas,uint8 proposalType)"),
        failed("ReceivePayloadFailed(uint16 indexed srcChainId,bytes indexed srcAddress,uint64 nonce,bytes reason)");
    failed_.observe(log);
    if (const auto v = received.decode(log)) add(*v);
    if (const auto v = failed.decode(log)) failed_.failed((*v)[0].word, abi::as_hash((*v)[1]), (*v)[2].word);
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {proposals_.begin(), proposals_.end()};
  }

  std::vector<std::string> doubts() const override { return failed_.doubts("its owner"); }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    enum : std::uint8_t { canceled, queued, executed };
    const auto& known = static_cast<const VenusProposal&>(operation);
    const auto answers =
        read.calls(address(), {calldata("state(uint256)(uint8)", {abi::of(known.id)}),
                               calldata("proposals(uint256)(uint256,uint256,bool,bool,uint8)", {abi::of(known.id)}),
                               calldata("proposalTimelocks(uint256)(address)", {abi::of(known.type)})});
    if (!answers) return std::unexpected(answers.error());
    const auto state = word((*answers)[0]);
    if (!state) return Status{Stage::unseen, {}, "the executor knows no proposal of this number"};
    const auto eta = word((*answers)[1], 1), type = word((*answers)[1], 4);
    const auto timelock = address_in((*answers)[2]);
    if (!eta || !type || !timelock || *state > executed) return fail("proposal does not decode", to_hex(address()));
    if (*type != known.type) return Status{Stage::unseen, {}, "the executor holds another type under this number"};
    return status_of(known.queued,
                     {.holder = "executor",
                      .timelock = *timelock,
                      .eta = *eta,
                      .waits = *state == queued,
                      .executed = *state == executed,
                      .not_queued = "the timelock of its type, " + to_hex(*timelock) + ", does not hold its calls",
                      .stored = stored(known)},
                     place(), read);
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {lz_remote_set,
                                             lz_remote_address_set,
                                             "SetSrcChainId(uint16,uint16)",
                                             "SetMaxDailyReceiveLimit(uint256,uint256)",
                                             "TimelockAdded(uint8,address,address)",
                                             "SetTimelockPendingAdmin(address,uint8)",
                                             "NewGuardian(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto asked = settings_at(read);
    if (!asked) return std::unexpected(asked.error());
    if (!*asked) {
      out.add("kind", Colour::red, "{} does not answer as Venus' OmnichainGovernanceExecutor", to_hex(address()));
      return {};
    }
    const auto& settings = **asked;
    add_timelocks_row(out, settings);
    add_receiving_rows(out, settings, read.now());
    out.add("guardian", amber_unless(settings.guardian.is_zero()), "{} may cancel what is queued",
            to_hex(settings.guardian));
    return add_owner_and_source(out, settings, read);
  }

 private:
  void add(const std::vector<abi::Value>& v) {
    auto queued = queued_calls(v[1], v[2], v[3], v[4]);
    if (!queued) return;
    auto proposal = std::make_shared<VenusProposal>();
    proposal->id = v[0].word;
    proposal->type = v[5].word;
    proposal->name = "proposal " + to_decimal(proposal->id);
    proposal->calls = queued->calls;
    proposal->queued = *std::move(queued);
    proposals_.push_back(std::move(proposal));
  }

  /// Nothing if it does not answer as such an executor.
  Result<std::optional<Settings>> settings_at(const Reader& read) const {
    std::vector<Bytes> asked{calldata("owner()(address)"), calldata("guardian()(address)"),
                             calldata("lzEndpoint()(address)")};
    for (unsigned type = 0; type < types_of_proposals; ++type)
      asked.push_back(calldata("proposalTimelocks(uint256)(address)", {abi::of(Uint256(type))}));
    const auto addresses = asked.size();
    for (const auto* getter : {"srcChainId()(uint16)", "paused()(bool)", "maxDailyReceiveLimit()(uint256)",
                               "last24HourCommandsReceived()(uint256)", "last24HourReceiveWindowStart()(uint256)"})
      asked.push_back(calldata(getter));
    const auto answers = read.calls(address(), asked);
    if (!answers) return std::unexpected(answers.error());
    std::vector<Address> accounts;
    std::vector<Uint256> numbers;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto account = address_in((*answers)[i]);
      const auto number = word((*answers)[i]);
      if (!number || (i < addresses && !account)) return std::nullopt;
      if (i < addresses)
        accounts.push_back(*account);
      else
        numbers.push_back(*number);
    }
    if (numbers[0] > max_lz_chain) return std::nullopt;
    return Settings{accounts[0], accounts[1],     accounts[2], {accounts.begin() + 3, accounts.end()},
                    numbers[0],  numbers[1] != 0, numbers[2],  numbers[3],
                    numbers[4]};
  }

  void add_timelocks_row(Configuration& out, const Settings& settings) const {
    const auto driven = place().drives.value_or(Address{});
    std::string text;
    for (std::size_t type = 0; type < settings.timelocks.size(); ++type)
      text += fmt::format("{}type {} in {}", type == 0 ? "" : ", ", type, to_hex(settings.timelocks[type]));
    out.add("timelocks", green_if(std::ranges::find(settings.timelocks, driven) != settings.timelocks.end()),
            "queues {}; configured {}", text, to_hex(driven));
  }

  /// Both are of receiving only: what is queued runs all the same.
  static void add_receiving_rows(Configuration& out, const Settings& settings, UnixSeconds now) {
    out.add("paused", green_if(!settings.paused), "{}",
            settings.paused ? "what arrives fails, and only its owner may run it later" : "takes proposals");
    const auto& [limit, taken] = std::tie(settings.limit, settings.taken);
    const bool over = now > settings.since + day_s;
    const Uint256 left = over ? limit : (limit > taken ? Uint256(limit - taken) : Uint256(0));
    out.add("receive-limit", limit == 0 ? Colour::red : amber_unless(left != 0),
            "takes {} calls in 24 hours, {} more {}", to_decimal(limit), to_decimal(left),
            over ? "from now on" : "until " + to_rfc3339(seconds(settings.since + day_s)));
  }

  Result<void> add_owner_and_source(Configuration& out, const Settings& settings, const Reader& read) const {
    const auto remote = read.calls(address(), {lz_remote_calldata(settings.source)});
    if (!remote) return std::unexpected(remote.error());
    const auto codes = read.codes({settings.owner, settings.endpoint});
    if (!codes) return std::unexpected(codes.error());
    const auto sender = lz_remote_in(remote->front(), address());
    out.add("source", green_if(sender && !(*codes)[1].empty()), "takes what {} delivers from {} on LayerZero chain {}",
            to_hex(settings.endpoint), sender ? to_hex(*sender) : "nobody", to_decimal(settings.source));
    out.add("admin", (*codes)[0].empty() ? Colour::red : amber_unless(settings.owner == place().drives),
            "{} may change its timelocks, its source and its guardian, pause it, and run messages that failed",
            to_hex(settings.owner));
    return {};
  }

  std::vector<std::shared_ptr<const VenusProposal>> proposals_;
  FailedMessages failed_;
};

}  // namespace

std::unique_ptr<Dialect> venus_omnichain(Place place) { return std::make_unique<VenusOmnichain>(std::move(place)); }

}  // namespace lockstep::evm::governance
