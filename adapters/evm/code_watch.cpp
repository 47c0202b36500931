#include "adapters/evm/code_watch.hpp"

namespace lockstep::evm {

std::vector<std::string> strange_code(const CompiledInstance& compiled, bool expect_new, const ProvedState& state) {
  std::vector<std::string> strange;
  for (const auto& proxy : compiled.proxies) {
    const auto& wanted = expect_new ? proxy.new_implementation : proxy.old_implementation;
    const auto found = to_address(state.accounts.at(proxy.proxy).at(erc1967_implementation_slot));
    if (found == wanted) continue;
    strange.push_back(fmt::format("{} {} runs implementation {}, not {}: switched from outside the plan",
                                  proxy.contract, to_hex(proxy.proxy), to_hex(found), to_hex(wanted)));
  }
  for (const auto& check : expect_new ? compiled.leaf.new_code : compiled.leaf.old_code) {
    const auto& found = state.accounts.at(check.account).account.code_hash;
    if (found == check.code_hash) continue;
    strange.push_back(fmt::format("code of {} has hash {}, not {}: changed from outside the plan",
                                  to_hex(check.account), to_hex(found), to_hex(check.code_hash)));
  }
  return strange;
}

}  // namespace lockstep::evm
