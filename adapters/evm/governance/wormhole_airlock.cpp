// Wormhole MultiGov's SpokeAirlock: the account of a DAO on another chain. What its message executor
// (wormhole_executor.cpp) gives it runs at once. It is who calls the gate, and it emits nothing.
#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm::governance {
namespace {

class WormholeAirlock final : public Dialect {
 public:
  explicit WormholeAirlock(Place place) : Dialect(std::move(place)) {}
  void forget() override {}
  void observe(const Log& /*log*/) override {}
  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override { return {}; }

  Result<Status> status(const Operation& operation, const Reader& /*read*/) const override {
    return fail("an airlock has no operations", to_hex(address()), operation.name);
  }

  /// performDelegateCall runs code of somebody else's: what that does cannot be listed.
  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape execute("executeOperations(address[],uint256[],bytes[])");
    const auto v = execute.decode(data);
    auto calls = v ? governor_calls((*v)[0], (*v)[1], (*v)[2]) : std::nullopt;
    if (!calls) return std::nullopt;
    return Unwrapped{*std::move(calls), false};
  }

  std::span<const char* const> config_events() const override { return {}; }  // its executor is immutable

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(address(), {calldata("MESSAGE_EXECUTOR()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto executor = address_in(answers->front());
    if (!executor) {
      out.add("kind", Colour::red, "{} does not answer as a MultiGov SpokeAirlock", to_hex(address()));
      return {};
    }
    const auto codes = read.codes({*executor});
    if (!codes) return std::unexpected(codes.error());
    const bool driven = place().driver == *executor;
    out.add("admin", codes->front().empty() || (place().driver && !driven) ? Colour::red : amber_unless(driven),
            "{} alone makes it act{}", to_hex(*executor),
            driven ? ": the governor"
                   : (place().driver ? "; the governor is " + to_hex(*place().driver)
                                     : "; name it as governor, so that it is watched as well"));
    return {};
  }
};

}  // namespace

std::unique_ptr<Dialect> wormhole_airlock(Place place) { return std::make_unique<WormholeAirlock>(std::move(place)); }

}  // namespace lockstep::evm::governance
