#include "adapters/transport/curl_easy.hpp"

#include <mutex>

#include "base/loopback.hpp"

namespace lockstep::transport {

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Curl new_easy() {
  start_curl();
  return Curl{curl_easy_init()};
}

CurlList list_of(const std::vector<std::string>& lines) {
  curl_slist* raw = nullptr;
  for (const auto& line : lines) raw = curl_slist_append(raw, line.c_str());
  return CurlList{raw};
}

std::optional<Place> place_of(const std::string& url) {
  start_curl();
  const auto free_url = [](CURLU* parsed) { curl_url_cleanup(parsed); };
  const std::unique_ptr<CURLU, decltype(free_url)> parsed{curl_url(), free_url};
  char *scheme = nullptr, *host = nullptr;
  const bool read = parsed &&
                    curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                    curl_url_get(parsed.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                    curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) == CURLUE_OK;
  std::optional<Place> place;
  if (read) place = Place{scheme, host};
  curl_free(scheme);
  curl_free(host);
  return place;
}

bool stays_here(const std::string& url) {
  const auto place = place_of(url);
  return place && is_loopback(place->host);
}

}  // namespace lockstep::transport
