#pragma once
// Which hosts are this machine, whatever its name service says.
#include <string>

namespace lockstep {

/// "localhost", an IPv4 address of 127.0.0.0/8, or "::1", in brackets or not. No name that only begins like one.
bool is_loopback(const std::string& host);

}  // namespace lockstep
