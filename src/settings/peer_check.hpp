#pragma once
// What the peers of a configuration amount to, against the operator sets of its protocols.
#include <optional>
#include <vector>

#include "settings/config.hpp"
#include "settings/protocol.hpp"

namespace lockstep::settings {

/// What is allowed but will not do what a reader may expect: peers that are nobody's operators and are never asked, and
/// protocols for which we and our peers are fewer than N. `self`: our operator address; if it is not known, an operator
/// that has a signer is taken for a member.
std::vector<Error> peer_notices(const Config& config, const std::vector<Protocol>& protocols,
                                const std::optional<Address>& self);

}  // namespace lockstep::settings
