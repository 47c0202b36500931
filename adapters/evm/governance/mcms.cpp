// Chainlink's ManyChainMultiSig (MCMS): signers put their names under a Merkle root of operations, valid until a time
// and executable in the order of their nonces. The operations themselves are not on chain until they run, so what is
// seen of one is that it ran; until when the current root's may run is a row of readiness.
#include "adapters/evm/governance/kinds.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct Ran final : Operation {
  Uint256 nonce;
};

class Mcms final : public Dialect {
 public:
  explicit Mcms(Place place) : Dialect(std::move(place)) {}
  void forget() override { ran_.clear(); }

  void observe(const Log& log) override {
    static const EventShape executed("OpExecuted(uint40 indexed nonce,address to,bytes data,uint256 value)");
    const auto v = executed.decode(log);
    if (!v) return;
    auto op = std::make_shared<Ran>();
    op->nonce = (*v)[0].word;
    op->name = fmt::format("multisig operation {} ({})", to_decimal(op->nonce), to_hex(leaf(*v)));
    op->ran = true;
    op->calls = {{abi::as_address((*v)[1]), (*v)[3].word, (*v)[2].bytes}};
    ran_.push_back(std::move(op));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override { return {ran_.begin(), ran_.end()}; }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto answers = read.calls(address(), {calldata("getOpCount()(uint40)")});
    if (!answers) return std::unexpected(answers.error());
    const auto count = word(answers->front());
    if (!count) return fail("getOpCount does not answer", to_hex(address()));
    return Status{static_cast<const Ran&>(operation).nonce < *count ? Stage::executed : Stage::unseen, {}, {}};
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"ConfigSet(((address,uint8,uint8)[],uint8[32],uint8[32]),bool)",
                                             "OwnershipTransferStarted(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers =
        read.calls(address(), {calldata("getRoot()"), calldata("getRootMetadata()"), calldata("getOpCount()"),
                               calldata("getConfig()"), calldata("owner()")});
    if (!answers) return std::unexpected(answers.error());
    const auto until = word((*answers)[0], 1), chain = word((*answers)[1], 0), last = word((*answers)[1], 3);
    const auto count = word((*answers)[2]);
    const auto owner = address_in((*answers)[4]);
    static const auto config_type = types({"((address,uint8,uint8)[],uint8[32],uint8[32])"});
    const auto config =
        (*answers)[3] ? abi::decode(config_type, *(*answers)[3]) : Result<std::vector<abi::Value>>(fail(""));
    if (!until || !chain || !last || !count || !owner || !config) {
      out.add("kind", Colour::red, "{} does not answer as a ManyChainMultiSig", to_hex(address()));
      return {};
    }
    const auto waiting = *last > *count ? *last - *count : Uint256(0);
    const bool late = *until < read.now();
    out.add("root", amber_unless(waiting == 0 || !late), "{} operations of the current root have not run; {}",
            to_decimal(waiting),
            *until == 0 ? std::string("no root is set")
                        : fmt::format("they {} until {}", late ? "could run" : "may run", to_rfc3339(seconds(*until))));
    const auto& parts = (*config)[0].elements;
    const auto quorum = parts[1].elements[0].word;
    out.add("threshold", quorum == 0 ? Colour::red : amber_unless(quorum > 1),
            "{} signers; the topmost group needs {} votes", parts[0].elements.size(), to_decimal(quorum));
    const auto codes = read.codes({*owner});
    if (!codes) return std::unexpected(codes.error());
    const auto driven = place().drives.value_or(Address{});
    out.add(
        "admin",
        codes->front().empty() && !owner->is_zero() ? Colour::red : amber_unless(*owner == driven || owner->is_zero()),
        "{} may replace its signers{}", to_hex(*owner), *owner == driven ? ": the timelock" : "");
    return {};
  }

 private:
  /// The Merkle leaf, as hashOp: the domain and then Op{chainId, multiSig, nonce, to, value, data}.
  Hash32 leaf(const std::vector<abi::Value>& v) const {
    static const auto domain = crypto::keccak256(std::string_view("MANY_CHAIN_MULTI_SIG_DOMAIN_SEPARATOR_OP"));
    static const auto words = types({"bytes32", "(uint256,address,uint40,address,uint256,bytes)"});
    abi::Value op;
    op.elements = {abi::of(Uint256(place().chain_id)), abi::of(address()), v[0], v[1], v[3], v[2]};
    return crypto::keccak256(abi::encode(words, {abi::of(domain), op}));
  }

  std::vector<std::shared_ptr<const Ran>> ran_;
};

}  // namespace

std::unique_ptr<Dialect> mcms(Place place) { return std::make_unique<Mcms>(std::move(place)); }

}  // namespace lockstep::evm::governance
