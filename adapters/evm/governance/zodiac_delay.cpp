// Zodiac's Delay modifier: a queue in front of an avatar. First in, first out: what is ahead blocks, until it is
// executed or skipped; txCooldown after it was added a transaction may be executed, and txExpiration later no more.
// Executing it emits no event of the modifier.
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/safe_calls.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct Added final : Operation {
  Uint256 nonce;
  Hash32 hash;
  bool skipped = false;  // the owner set the nonce past it
};

class ZodiacDelay final : public Dialect {
 public:
  explicit ZodiacDelay(Place place) : Dialect(std::move(place)) {}
  void forget() override { added_.clear(); }

  void observe(const Log& log) override {
    static const EventShape added(
        "TransactionAdded(uint256 indexed queueNonce,bytes32 indexed txHash,address to,uint256 value,bytes data,uint8 "
        "operation)"),
        set("TxNonceSet(uint256 nonce)");
    if (const auto v = added.decode(log)) add(*v);
    if (const auto v = set.decode(log)) {
      for (auto& known : added_) known->skipped |= known->nonce < (*v)[0].word;
    }
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {added_.begin(), added_.end()};
  }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const Added&>(operation);
    const auto answers = read.calls(
        address(), {calldata("txNonce()(uint256)"), calldata("getTxHash(uint256)(bytes32)", {abi::of(known.nonce)}),
                    calldata("getTxCreatedAt(uint256)(uint256)", {abi::of(known.nonce)}),
                    calldata("txCooldown()(uint256)"), calldata("txExpiration()(uint256)")});
    if (!answers) return std::unexpected(answers.error());
    const auto next = word((*answers)[0]), hash = word((*answers)[1]), created = word((*answers)[2]);
    const auto cooldown = word((*answers)[3]), expiration = word((*answers)[4]);
    if (!next || !hash || !created || !cooldown || !expiration)
      return fail("the queue of the Delay modifier does not answer", to_hex(address()));
    if (to_word(*hash) != known.hash) return Status{Stage::unseen, {}, "the queue holds another transaction there"};
    Status status;
    status.window.from = seconds(*created + *cooldown);
    if (*expiration != 0) status.window.until = seconds(*created + *cooldown + *expiration);
    const bool late = status.window.until != 0 && status.window.until < read.now();
    if (known.nonce < *next) {
      // skipExpired() emits nothing either: once its window has closed, nobody can tell whether it was executed.
      status.stage = known.skipped ? Stage::cancelled : late ? Stage::expired : Stage::executed;
      status.remark = known.skipped ? "the owner set the nonce past it"
                      : late        ? "or executed before: no event tells"
                                    : "";
      return status;
    }
    if (late) {
      status.stage = Stage::expired;
    } else if (known.nonce > *next) {
      status.stage = Stage::queued;
      status.remark = fmt::format("{} transactions go first", to_decimal(known.nonce - *next));
    } else {
      status.stage = status.window.from <= read.now() ? Stage::ready : Stage::queued;
    }
    return status;
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape add("execTransactionFromModule(address,uint256,bytes,uint8)"),
        add_too("execTransactionFromModuleReturnData(address,uint256,bytes,uint8)"),
        execute("executeNextTx(address,uint256,bytes,uint8)");
    for (const auto* shape : {&add, &add_too, &execute}) {
      if (const auto v = shape->decode(data))
        return Unwrapped{safe_calls(abi::as_address((*v)[0]), (*v)[1].word, (*v)[2].bytes, (*v)[3].word),
                         shape != &execute};
    }
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {
        "TxCooldownSet(uint256)",  "TxExpirationSet(uint256)",   "TxNonceSet(uint256)",        "EnabledModule(address)",
        "DisabledModule(address)", "AvatarSet(address,address)", "TargetSet(address,address)", "ChangedGuard(address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(
        address(), {calldata("txCooldown()(uint256)"), calldata("txExpiration()(uint256)"),
                    calldata("avatar()(address)"), calldata("target()(address)"), calldata("owner()(address)"),
                    calldata("txNonce()(uint256)"), calldata("queueNonce()(uint256)"),
                    calldata("getModulesPaginated(address,uint256)", {abi::of(Uint256(1)), abi::of(Uint256(16))})});
    if (!answers) return std::unexpected(answers.error());
    const auto cooldown = word((*answers)[0]), expiration = word((*answers)[1]);
    const auto avatar = address_in((*answers)[2]), target = address_in((*answers)[3]),
               owner = address_in((*answers)[4]);
    const auto next = word((*answers)[5]), end = word((*answers)[6]);
    if (!cooldown || !expiration || !avatar || !target || !owner || !next || !end) {
      out.add("kind", Colour::red, "{} does not answer as a Zodiac Delay modifier", to_hex(address()));
      return {};
    }
    out.delay_s = *cooldown;
    out.add("grace", green_if(*expiration == 0 || *expiration >= 3600), "what is ripe may be executed {}",
            *expiration == 0 ? "without end" : "for " + to_decimal(*expiration) + " s, then it has expired");
    const auto driven = place().drives.value_or(*avatar);
    out.add("avatar", green_if(*avatar == driven && *target == *avatar), "acts through {} for {}, expected {}",
            to_hex(*target), to_hex(*avatar), to_hex(driven));
    const auto codes = read.codes({*owner});
    if (!codes) return std::unexpected(codes.error());
    out.add("admin", codes->front().empty() && !owner->is_zero() ? Colour::red : amber_unless(*owner == *avatar),
            "{} may change its delays and skip what is queued{}", to_hex(*owner),
            *owner == *avatar ? ": the avatar" : "");
    out.add("queue", amber_unless(*next == *end), "{} transactions are queued, first in, first out",
            to_decimal(*end - *next));
    static const auto page = types({"address[]", "address"});
    const auto modules = (*answers)[7] ? abi::decode(page, *(*answers)[7]) : Result<std::vector<abi::Value>>(fail(""));
    std::string names;
    if (modules) {
      for (const auto& module : (*modules)[0].elements)
        names += (names.empty() ? "" : ", ") + to_hex(abi::as_address(module));
    }
    out.add("proposers", amber_unless(modules.has_value()), "may queue: {}",
            !modules ? "not readable" : (names.empty() ? "nobody" : names));
    return {};
  }

 private:
  void add(const std::vector<abi::Value>& v) {
    const auto to = abi::as_address(v[2]);
    Bytes packed;
    append(packed, to.view());
    append(packed, to_word(v[3].word).view());
    append(packed, v[4].bytes);
    packed.push_back(static_cast<std::uint8_t>(v[5].word & 0xff));
    if (crypto::keccak256(BytesView(packed)) != abi::as_hash(v[1])) return;
    auto known = std::make_shared<Added>();
    known->nonce = v[0].word;
    known->hash = abi::as_hash(v[1]);
    known->name = fmt::format("queued transaction {} ({})", to_decimal(known->nonce), to_hex(known->hash));
    known->calls = safe_calls(to, v[3].word, v[4].bytes, v[5].word);
    added_.push_back(std::move(known));
  }

  std::vector<std::shared_ptr<Added>> added_;
};

}  // namespace

std::unique_ptr<Dialect> zodiac_delay(Place place) { return std::make_unique<ZodiacDelay>(std::move(place)); }

}  // namespace lockstep::evm::governance
