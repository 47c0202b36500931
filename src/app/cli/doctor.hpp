#pragma once
// What `doctor` looks at, each group by itself so that all can be looked at together.
#include <future>
#include <map>
#include <optional>
#include <set>

#include "app/cli/finding.hpp"
#include "settings/config.hpp"
#include "settings/outlets.hpp"
#include "settings/protocol.hpp"
#include "settings/tls_config.hpp"

namespace lockstep::app {

struct DoctorContext {
  const settings::Config& config;
  const settings::Outlets& outlets;
  std::vector<settings::Protocol> protocols;  // those that could be read
  std::uint32_t timeout_ms = 5000;            // of one request
  bool deep = false;
};

/// Endpoints, head, finality, clock, the account that pays, and every instance on this chain. `signer`: the address of
/// its keystore once it was opened.
Findings examine_chain(const DoctorContext& context, const settings::ChainConfig& chain,
                       const std::shared_future<std::optional<Address>>& signer);
/// Opens the keystore; its address goes to `opened`.
Findings examine_signer(const DoctorContext& context, const settings::SignerConfig& signer,
                        std::promise<std::optional<Address>> opened);
/// Whether our operator address is in every operator set.
Findings examine_operator(const DoctorContext& context, const std::shared_future<std::optional<Address>>& signer);
Findings examine_peers(const DoctorContext& context);
Findings examine_protocol_files(const settings::Config& config, std::vector<settings::Protocol>& good);
Findings examine_data_dir(const settings::Config& config);
/// `tls`: of the read API.
Findings examine_listeners(const settings::Config& config, const settings::TlsConfig& tls, std::uint32_t timeout_ms);
Findings examine_clock();
Findings examine_sinks(const settings::Outlets& outlets);

}  // namespace lockstep::app
