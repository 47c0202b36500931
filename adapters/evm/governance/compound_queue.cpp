#include "adapters/evm/governance/compound_queue.hpp"

#include <algorithm>

#include "adapters/evm/governance/governor_state.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {

std::optional<QueuedCalls> queued_calls(abi::Value targets, abi::Value values, abi::Value signatures,
                                        abi::Value calldatas) {
  auto calls = governor_calls(targets, values, signatures, calldatas);
  if (!calls) return std::nullopt;
  return QueuedCalls{std::move(targets), std::move(values), std::move(signatures), std::move(calldatas),
                     *std::move(calls)};
}

void add_stored(StoredWords& words, const Uint256& first_slot, const QueuedCalls& queued) {
  words.add_list(first_slot, queued.targets);
  words.add_list(first_slot + 1, queued.values);
  words.add_texts(first_slot + 2, queued.signatures);
  words.add_texts(first_slot + 3, queued.calldatas);
}

namespace {

/// What executing them would run into now: `proposed` if one of them is for `gate` and the timelock is not the one that
/// it obeys. Nothing if the timelock does not hold each of them at that eta.
Result<std::optional<Status>> status_in(const Address& timelock, const QueuedCalls& queued, const Uint256& eta,
                                        const Place& place, const Reader& read) {
  static const auto hashed = types({"address", "uint256", "string", "bytes", "uint256"});
  std::vector<Bytes> asked{calldata("GRACE_PERIOD()(uint256)")};
  for (std::size_t i = 0; i < queued.calls.size(); ++i) {
    const auto hash = crypto::keccak256(
        abi::encode(hashed, {queued.targets.elements[i], queued.values.elements[i], queued.signatures.elements[i],
                             queued.calldatas.elements[i], abi::of(eta)}));
    asked.push_back(calldata("queuedTransactions(bytes32)(bool)", {abi::of(hash)}));
  }
  const auto answers = read.calls(timelock, asked);
  if (!answers) return std::unexpected(answers.error());
  const auto grace = word(answers->front());
  if (!grace) return fail("GRACE_PERIOD does not answer", to_hex(timelock));
  if (std::any_of(answers->begin() + 1, answers->end(), [](const auto& answer) { return word(answer) != 1; }))
    return std::nullopt;
  const bool for_gate = std::ranges::any_of(queued.calls, [&](const Call& call) { return call.target == place.gate; });
  if (for_gate && place.drives != timelock)
    return Status{Stage::proposed, {}, "it waits in " + to_hex(timelock) + ", whose calls the gate refuses"};
  const Window window{seconds(eta), seconds(eta + *grace)};
  if (read.now() < window.from) return Status{Stage::queued, window, {}};
  return Status{read.now() <= window.until ? Stage::ready : Stage::expired, window, {}};
}

/// One of them is for the gate, or names it in its calldata.
bool names(const QueuedCalls& queued, const Address& gate) {
  return std::ranges::any_of(queued.calls, [&](const Call& call) {
    return call.target == gate || !std::ranges::search(call.data, gate.bytes).empty();
  });
}

}  // namespace

Result<Status> status_of(const QueuedCalls& queued, const HeldProposal& held, const Place& place, const Reader& read) {
  std::string remark;
  if (held.waits) {
    auto status = status_in(held.timelock, queued, held.eta, place, read);
    if (!status) return std::unexpected(status.error());
    if (*status) return **std::move(status);
    remark = held.not_queued;
  }
  if (names(queued, place.gate)) {  // of no other does anybody need to know what its calls were
    const auto words = read.words(place.address, held.stored.slots);
    if (!words) return std::unexpected(words.error());
    if (*words != held.stored.words)
      return Status{Stage::unseen, {}, fmt::format("the {} holds other calls under this number", held.holder)};
  }
  return Status{held.executed ? Stage::executed : Stage::cancelled, {}, std::move(remark)};
}

}  // namespace lockstep::evm::governance
