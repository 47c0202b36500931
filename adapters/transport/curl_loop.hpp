#pragma once
// What both clients over libcurl's multi interface do alike. Private to this room.
#include <curl/curl.h>

#include <chrono>
#include <cstddef>

#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

inline constexpr long cached_connections = 64, most_connect_ms = 5000;

/// A multi handle, libcurl being started; its owner cleans it up.
CURLM* new_multi();

/// Lets transfers go on until something happens, somebody wakes the handle or `deadline` has come; a minute at most.
void poll(CURLM* multi, std::chrono::steady_clock::time_point deadline);
void perform(CURLM* multi);

/// Of a transfer that did not end well. `cap`: the bound that was passed if it was too large.
Failure failure_of(CURLcode outcome, bool too_large, std::size_t cap);

}  // namespace lockstep::transport
