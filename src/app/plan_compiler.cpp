#include "app/plan_compiler.hpp"

#include <algorithm>

#include "base/byte_io.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::app {
namespace {

std::unexpected<std::vector<Error>> refuse(Error error) {
  return std::unexpected(std::vector<Error>{std::move(error)});
}

}  // namespace

PlanCompiler::PlanCompiler(const settings::Config& config, std::vector<settings::Protocol> protocols,
                           std::optional<Address> self)
    : protocols_(std::move(protocols)), self_(self) {
  for (const auto& chain : config.chains) chains_.emplace(chain.id, chain);
}

std::expected<evm::CompiledPlan, std::vector<Error>> PlanCompiler::compile(const std::string& toml,
                                                                           const std::string& file_name) const {
  if (protocols_.empty())
    return refuse({"no protocol is configured", file_name, "", "put the protocol team's file into protocols/"});
  const auto name = settings::plan_protocol(toml, file_name);
  const auto named = [&](const settings::Protocol& protocol) { return name && protocol.name == *name; };
  const auto found = std::ranges::find_if(protocols_, named);
  // Without a usable name the first protocol serves: parse_plan then says, with line and column, what is wrong with the
  // text.
  const auto& protocol = found == protocols_.end() ? protocols_.front() : *found;

  const auto document = settings::parse_plan(toml, file_name, protocol);
  if (!document) return std::unexpected(document.error());
  std::map<std::string, std::uint64_t> chain_ids;
  for (const auto& [id, chain] : chains_) chain_ids.emplace(id, chain.chain_id);
  auto plan = evm::compile(*document, protocol, chain_ids);
  if (!plan) return plan;
  plan->plan.self =
      self_ && std::ranges::find(plan->plan.operators.operators, *self_) != plan->plan.operators.operators.end()
          ? self_
          : std::nullopt;
  plan->plan.config_hash = config_hash(protocol);
  return plan;
}

Hash32 PlanCompiler::config_hash(const settings::Protocol& protocol) const {
  ByteWriter out;
  out.text(protocol.name);
  out.text(protocol.home);
  out.boolean(self_.has_value());
  if (self_) out.fixed(*self_);
  out.u32(protocol.operators.threshold);
  out.u32(protocol.operators.faulty);
  for (const auto& operator_address : protocol.operators.addresses) out.fixed(operator_address);
  for (const auto& instance : protocol.instances) {
    const auto chain = chains_.find(instance.chain);
    out.text(instance.chain);
    out.fixed(instance.gate);
    if (chain == chains_.end()) continue;
    out.u64(chain->second.chain_id);
    out.u8(static_cast<std::uint8_t>(chain->second.finality));
    out.u64(chain->second.confirmations);
    out.u32(chain->second.rpc_quorum);
    out.u32(static_cast<std::uint32_t>(chain->second.rpc.size()));
  }
  return crypto::keccak256(out.take());
}

}  // namespace lockstep::app
