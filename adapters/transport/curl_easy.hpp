#pragma once
// What every use of libcurl begins and ends with: its start, the ends of its handles, its parser of URLs.
#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::transport {

/// Once in a process, before anything else of libcurl. Any thread.
void start_curl();

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, FreeCurl>;
using CurlList = std::unique_ptr<curl_slist, FreeCurl>;

/// libcurl being started; null: no memory.
Curl new_easy();
/// Header lines, or recipients.
CurlList list_of(const std::vector<std::string>& lines);

/// Where libcurl would go, by its own parser.
struct Place {
  std::string scheme, host;
};
std::optional<Place> place_of(const std::string& url);
/// That place is this machine (base/loopback.hpp).
bool stays_here(const std::string& url);

}  // namespace lockstep::transport
