#include "adapters/evm/followed_plan.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/evm/prove.hpp"
#include "adapters/evm/stored_hex.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

json account_json(const BaselineAccount& account) {
  json slots = json::array(), proofs = json::array();
  for (const auto& slot : account.slots) slots.push_back(to_hex(slot));
  for (const auto& proof : account.proofs) {
    json nodes = json::array();
    for (const auto& node : proof) nodes.push_back(to_hex(BytesView(node)));
    proofs.push_back(std::move(nodes));
  }
  return {{"address", to_hex(account.address)}, {"root", to_hex(account.root)}, {"slots", slots}, {"proofs", proofs}};
}

BaselineAccount account_from(const json& value) {
  BaselineAccount account{.address = fixed<Address>(value.at("address")),
                          .root = fixed<Hash32>(value.at("root")),
                          .slots = {},
                          .proofs = {}};
  for (const auto& slot : value.at("slots")) account.slots.push_back(fixed<Hash32>(slot));
  for (const auto& proof : value.at("proofs")) {
    auto& nodes = account.proofs.emplace_back();
    for (const auto& node : proof)
      nodes.push_back(bytes_from_hex(node.get_ref<const std::string&>()).value_or(Bytes{}));
  }
  return account;
}

}  // namespace

json PlanMemory::to_json() const {
  json value{{"watch_from", watch_from}};
  if (!baseline) return value;
  json list = json::array(), below = json::array();
  for (const auto& account : accounts) list.push_back(account_json(account));
  for (const auto& account : liquidatable) below.push_back(to_hex(account));
  value["baseline"] = {{"num", baseline->num},
                       {"hash", to_hex(baseline->hash)},
                       {"time", baseline->time},
                       {"accounts", std::move(list)},
                       {"liquidatable", std::move(below)}};
  return value;
}

Result<PlanMemory> PlanMemory::from_json(const json& value) {
  try {
    PlanMemory memory;
    memory.watch_from = value.at("watch_from").get<std::uint64_t>();
    const auto it = value.find("baseline");
    if (it == value.end()) return memory;
    memory.baseline = {it->at("num").get<std::uint64_t>(), fixed<Hash32>(it->at("hash")),
                       it->at("time").get<std::uint64_t>()};
    for (const auto& account : it->at("accounts")) memory.accounts.push_back(account_from(account));
    for (const auto& account : it->at("liquidatable")) memory.liquidatable.push_back(fixed<Address>(account));
    return memory;
  } catch (const json::exception& error) {
    return fail("what was kept of a plan is damaged", {}, error.what());
  }
}

std::vector<std::pair<Address, std::vector<Hash32>>> declared_slots(const CompiledInstance& compiled) {
  std::map<Address, std::set<Hash32>> slots;
  for (const auto& proxy : compiled.proxies) slots[proxy.proxy].insert(erc1967_implementation_slot);
  for (const auto& change : compiled.diamonds) slots[change.diamond];
  for (const auto& write : compiled.writes) slots[write.account].insert(write.slot);
  for (const auto& account : compiled.observed) slots[account];
  std::vector<std::pair<Address, std::vector<Hash32>>> list;
  list.reserve(slots.size());
  for (const auto& [account, set] : slots) list.emplace_back(account, std::vector<Hash32>(set.begin(), set.end()));
  return list;
}

}  // namespace lockstep::evm
