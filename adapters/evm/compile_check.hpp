#pragma once
// A protocol file's bindings against the mirror's vocabulary and the ABI: what settings cannot check, being below the
// adapters.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

/// Signatures parse; operations, tables and fields exist; every operation field is bound, every bound name is a
/// parameter (or, for events, an integer literal); a view's parameters are exactly the key parts of its table. Empty if
/// all is well.
std::vector<Error> check_protocol(const settings::Protocol& protocol);

/// "account, market", or "none": what an error offers instead of a name that is not known.
std::string join(std::span<const std::string_view> names);

}  // namespace lockstep::evm
