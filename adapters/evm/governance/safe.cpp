// Safe, v1.3.0 and v1.4.x. Signatures are gathered off chain: before a transaction runs, all there is to see is
// approveHash(). So the hash of the transaction that would arm the gate is computed for the nonces that are near, and
// looked for among what was approved and what ran. It does not wait and does not expire; an older nonce goes first.
#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/safe_calls.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr std::size_t runs_kept = 256;  // of the last transactions
constexpr unsigned nonces_ahead = 16;
constexpr const char* sentinel_modules = "getModulesPaginated(address,uint256)";

/// What one execTransaction asked for, all but the signatures and the nonce.
struct Request {
  std::vector<abi::Value> fields;  // to, value, data, operation, safeTxGas, baseGas, gasPrice, gasToken, refundReceiver
};

struct Run {
  Hash32 hash, txn;
  bool succeeded = false;
  bool looked_up = false;
  std::optional<Request> request;
};

struct SafeTxn final : Operation {
  Request request;
  std::optional<Hash32> run;  // the hash that the event gave
};

/// EIP-712 as Safe does it since 1.3.0: the domain has a chain id.
Hash32 safe_hash(std::uint64_t chain_id, const Address& safe, const Request& request, const Uint256& nonce) {
  static const auto domain_type =
                        crypto::keccak256(std::string_view("EIP712Domain(uint256 chainId,address verifyingContract)")),
                    txn_type = crypto::keccak256(std::string_view(
                        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 "
                        "baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"));
  static const auto domain_words = types({"bytes32", "uint256", "address"});
  static const auto txn_words = types({"bytes32", "address", "uint256", "bytes32", "uint8", "uint256", "uint256",
                                       "uint256", "address", "address", "uint256"});
  const auto& f = request.fields;
  const auto domain =
      crypto::keccak256(abi::encode(domain_words, {abi::of(domain_type), abi::of(Uint256(chain_id)), abi::of(safe)}));
  const auto body = crypto::keccak256(
      abi::encode(txn_words, {abi::of(txn_type), f[0], f[1], abi::of(crypto::keccak256(BytesView(f[2].bytes))), f[3],
                              f[4], f[5], f[6], f[7], f[8], abi::of(nonce)}));
  Bytes message{0x19, 0x01};
  append(message, domain.view());
  append(message, body.view());
  return crypto::keccak256(BytesView(message));
}

Request plain_call(const Address& to, const Bytes& data) {
  const auto zero = abi::of(Uint256(0)), nobody = abi::of(Address{});
  return {{abi::of(to), zero, abi::of(BytesView(data)), zero, zero, zero, zero, nobody, nobody}};
}

std::vector<Call> calls_of(const Request& request) {
  const auto& f = request.fields;
  return safe_calls(abi::as_address(f[0]), f[1].word, f[2].bytes, f[3].word);
}

class Safe final : public Dialect {
 public:
  explicit Safe(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    runs_.clear();
    approvals_.clear();
  }

  void observe(const Log& log) override {
    static const EventShape done("ExecutionSuccess(bytes32 indexed txHash,uint256 payment)"),
        done_13("ExecutionSuccess(bytes32 txHash,uint256 payment)"),
        failed("ExecutionFailure(bytes32 indexed txHash,uint256 payment)"),
        failed_13("ExecutionFailure(bytes32 txHash,uint256 payment)"),
        approved("ApproveHash(bytes32 indexed approvedHash,address indexed owner)");
    for (const auto* shape : {&done, &done_13, &failed, &failed_13}) {  // the same topic, indexed since 1.4.0
      const auto v = shape->decode(log);
      if (!v) continue;
      runs_.push_back({abi::as_hash((*v)[0]), log.txn, shape == &done || shape == &done_13, false, {}});
      if (runs_.size() > runs_kept) runs_.pop_front();
      return;
    }
    if (const auto v = approved.decode(log)) approvals_[abi::as_hash((*v)[0])].insert(abi::as_address((*v)[1]));
  }

  std::vector<Hash32> txns_wanted() const override {
    std::vector<Hash32> txns;
    for (const auto& run : runs_) {
      if (!run.looked_up && txns.size() < 32) txns.push_back(run.txn);
    }
    return txns;
  }

  /// Only a transaction that calls the Safe itself; one in which another contract does shows no calldata.
  void learn(const Hash32& txn, BytesView input) override {
    for (auto& run : runs_) {
      if (run.txn != txn || run.looked_up) continue;
      run.looked_up = true;
      run.request = request_of(input);
    }
  }

  std::vector<OperationPtr> operations(const Wanted* wanted) const override {
    std::vector<OperationPtr> known;
    for (const auto& run : runs_) {
      if (!run.request) continue;
      auto txn = std::make_shared<SafeTxn>();
      txn->name = "Safe transaction " + to_hex(run.hash);
      txn->request = *run.request;
      txn->calls = calls_of(txn->request);
      txn->run = run.hash;
      txn->ran = true;
      known.push_back(std::move(txn));
    }
    if (wanted == nullptr) return known;
    auto txn = std::make_shared<SafeTxn>();
    txn->name = "the Safe transaction that arms";
    txn->request = plain_call(wanted->gate, wanted->calldata);
    txn->calls = calls_of(txn->request);
    known.push_back(std::move(txn));
    return known;
  }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& txn = static_cast<const SafeTxn&>(operation);
    const auto answers = read.calls(address(), {calldata("nonce()(uint256)"), calldata("getThreshold()(uint256)"),
                                                calldata("getOwners()(address[])")});
    if (!answers) return std::unexpected(answers.error());
    const auto nonce = word((*answers)[0]), threshold = word((*answers)[1]);
    const auto owners = owners_in((*answers)[2]);
    if (!nonce || !threshold || !owners)
      return fail("nonce, getThreshold or getOwners does not answer", to_hex(address()));
    // Each run took one nonce; the last of them the one before the next.
    Uint256 past = *nonce;
    for (auto run = runs_.rbegin(); run != runs_.rend() && past > 0; ++run) {
      --past;
      if (txn.run && *txn.run != run->hash) continue;
      if (safe_hash(place().chain_id, address(), txn.request, past) != run->hash) continue;
      return Status{run->succeeded ? Stage::executed : Stage::cancelled,
                    {},
                    run->succeeded ? std::string{} : "it ran, failed, and used up its nonce"};
    }
    if (txn.run) return Status{};
    return approved(txn.request, *nonce, *threshold, *owners);
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    const auto request = request_of(data);
    if (!request) return std::nullopt;
    return Unwrapped{calls_of(*request), false};
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {
        "AddedOwner(address)",         "RemovedOwner(address)",           "ChangedThreshold(uint256)",
        "EnabledModule(address)",      "DisabledModule(address)",         "ChangedGuard(address)",
        "ChangedModuleGuard(address)", "ChangedFallbackHandler(address)", "ChangedMasterCopy(address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    static const auto guard_slot = crypto::keccak256(std::string_view("guard_manager.guard.address"));
    const auto answers = read.calls(
        address(),
        {calldata("getThreshold()(uint256)"), calldata("getOwners()(address[])"), calldata("VERSION()(string)"),
         calldata(sentinel_modules, {abi::of(Uint256(1)), abi::of(Uint256(16))}),
         calldata("getStorageAt(uint256,uint256)(bytes)", {abi::of(guard_slot), abi::of(Uint256(1))})});
    if (!answers) return std::unexpected(answers.error());
    const auto threshold = word((*answers)[0]);
    const auto owners = owners_in((*answers)[1]);
    if (!threshold || !owners) {
      out.add("kind", Colour::red, "{} does not answer as a Safe", to_hex(address()));
      return {};
    }
    if (place().slot == "timelock") out.delay_s = 0;
    out.add("threshold", *threshold == 0 ? Colour::red : amber_unless(*threshold > 1), "{} of {} owners sign",
            to_decimal(*threshold), owners->size());
    const auto version = text_in((*answers)[2]);
    out.add("version", amber_unless(version.starts_with("1.3.") || version.starts_with("1.4.")),
            "version {}; the hash of a transaction is that of 1.3 and 1.4", version.empty() ? "unknown" : version);
    static const auto page = types({"address[]", "address"});
    const auto modules = (*answers)[3] ? abi::decode(page, *(*answers)[3]) : Result<std::vector<abi::Value>>(fail(""));
    std::string names;
    if (modules) {
      for (const auto& module : (*modules)[0].elements)
        names += (names.empty() ? "" : ", ") + to_hex(abi::as_address(module));
    }
    out.add("modules", !modules ? Colour::red : amber_unless(names.empty()), "may act without signatures: {}",
            !modules ? "not readable" : (names.empty() ? "no module" : names));
    const auto guard = word((*answers)[4], 2).value_or(0);
    out.add(
        "guard", amber_unless(guard == 0), "{}",
        guard == 0 ? "no guard may refuse a transaction" : to_hex(to_address(guard)) + " may refuse any transaction");
    return {};
  }

 private:
  static std::optional<Request> request_of(BytesView data) {
    static const CallShape execute(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)");
    auto v = execute.decode(data);
    if (!v) return std::nullopt;
    v->pop_back();
    return Request{*std::move(v)};
  }

  static std::optional<std::vector<Address>> owners_in(const std::optional<Bytes>& answer) {
    static const auto list = types({"address[]"});
    if (!answer) return std::nullopt;
    const auto v = abi::decode(list, *answer);
    if (!v) return std::nullopt;
    std::vector<Address> owners;
    for (const auto& owner : (*v)[0].elements) owners.push_back(abi::as_address(owner));
    return owners;
  }

  static std::string text_in(const std::optional<Bytes>& answer) {
    static const auto text = types({"string"});
    const auto v = answer ? abi::decode(text, *answer) : Result<std::vector<abi::Value>>(fail(""));
    return v ? std::string((*v)[0].bytes.begin(), (*v)[0].bytes.end()) : std::string{};
  }

  /// An approval counts while its owner is one.
  Result<Status> approved(const Request& request, const Uint256& nonce, const Uint256& threshold,
                          const std::vector<Address>& owners) const {
    for (unsigned ahead = 0; ahead < nonces_ahead; ++ahead) {
      const auto it = approvals_.find(safe_hash(place().chain_id, address(), request, nonce + ahead));
      if (it == approvals_.end()) continue;
      const auto count = std::ranges::count_if(
          it->second, [&](const auto& owner) { return std::ranges::find(owners, owner) != owners.end(); });
      Status status{Stage::proposed,
                    {},
                    fmt::format("{} owners approved it at nonce {}, {} are needed", count, to_decimal(nonce + ahead),
                                to_decimal(threshold))};
      if (threshold != 0 && Uint256(static_cast<std::uint64_t>(count)) >= threshold)
        status.stage = ahead == 0 ? Stage::ready : Stage::queued;
      if (ahead != 0) status.remark += fmt::format("; {} transactions go first", ahead);
      return status;
    }
    return Status{};
  }

  std::deque<Run> runs_;
  std::map<Hash32, std::set<Address>> approvals_;
};

}  // namespace

std::unique_ptr<Dialect> safe(Place place) { return std::make_unique<Safe>(std::move(place)); }

}  // namespace lockstep::evm::governance
