// Chains, their endpoints and signers.
#include <algorithm>
#include <cstdlib>

#include "api/samples.hpp"

namespace lockstep::api {

void add_chain_samples(Samples& out, const view::Snapshot& snapshot) {
  const auto each = [&](auto visit) {
    for (const auto& [name, chain] : snapshot.chains) visit(name, chain);
  };
  out.gauge("lockstep_chain_head_block", "block number by tag");
  each([&](const auto& name, const auto& chain) {
    out.sample({{"chain", name}, {"tag", "head"}}, real(chain.head.num));
    out.sample({{"chain", name}, {"tag", "final"}}, real(chain.final.num));
  });
  out.gauge("lockstep_chain_head_timestamp_seconds", "time in the head block");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.head.time)); });
  out.gauge("lockstep_chain_block_interval_seconds", "seconds per block over the newest heads; 0 until it is known");
  for (const auto& [name, tally] : snapshot.tallies.chains) out.sample({{"chain", name}}, tally.block_interval_s);
  out.gauge("lockstep_chain_finality_lag_seconds", "head time minus final time");
  each([&](const auto& name, const auto& chain) {
    out.sample({{"chain", name}}, real(chain.head.time) - real(chain.final.time));
  });
  out.counter("lockstep_chain_reorgs_total", "head blocks that were replaced, by event");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.reorgs)); });
  out.gauge("lockstep_chain_reorg_depth_blocks", "deepest reorg since start");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.reorg_depth_max)); });
  out.gauge("lockstep_rpc_up", "1 if the endpoint answered last");
  each([&](const auto& name, const auto& chain) {
    for (const auto& endpoint : chain.endpoints)
      out.sample({{"chain", name}, {"endpoint", endpoint.name}}, endpoint.up ? 1 : 0);
  });
  add_rpc_samples(out, snapshot);
  out.gauge("lockstep_chain_logs_next_block", "events were read, without gaps, up to below this block");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.logs.next)); });
  out.gauge("lockstep_chain_logs_behind_blocks", "final blocks whose events were not read yet");
  each([&](const auto& name, const auto& chain) { out.sample({{"chain", name}}, real(chain.logs_behind())); });
  out.gauge("lockstep_signer_balance_native", "balance of the signing account in whole native units");
  each([&](const auto& name, const auto& chain) {
    if (!chain.signer.empty()) out.sample({{"chain", name}}, std::strtod(chain.balance_wei.c_str(), nullptr) / 1e18);
  });
  const auto native = [](const std::string& wei) { return std::strtod(wei.c_str(), nullptr) / 1e18; };
  out.gauge("lockstep_signer_forecast_native",
            "what the plans that are known still take, in whole native units: at today's fees, at max_fee_gwei");
  each([&](const auto& name, const auto& chain) {
    if (chain.forecast.now_wei.empty()) return;
    out.sample({{"chain", name}, {"at", "now"}}, native(chain.forecast.now_wei));
    out.sample({{"chain", name}, {"at", "cap"}}, native(chain.forecast.cap_wei));
  });
  out.gauge("lockstep_signer_upgrade_native", "what one more upgrade takes at today's fees, in whole native units");
  each([&](const auto& name, const auto& chain) {
    if (!chain.forecast.upgrade_wei.empty()) out.sample({{"chain", name}}, native(chain.forecast.upgrade_wei));
  });
  out.gauge("lockstep_signer_missed", "1 while whoever keeps the key does not sign; role: attests (no chain), pays");
  out.sample({{"role", "attests"}, {"chain", ""}}, snapshot.missed.contains("") ? 1 : 0);
  each([&](const auto& name, const auto&) {
    out.sample({{"role", "pays"}, {"chain", name}}, snapshot.missed.contains(name) ? 1 : 0);
  });
  out.gauge("lockstep_signer_nonce", "next nonce of the signing account");
  each([&](const auto& name, const auto& chain) {
    if (!chain.signer.empty()) out.sample({{"chain", name}, {"source", "chain"}}, real(chain.nonce));
  });
}

}  // namespace lockstep::api
