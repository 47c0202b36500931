#pragma once
// Files compiled into the program: the page, built from dashboard/, and openapi.json. It serves no path from the disk.
#include <string_view>

namespace lockstep::api::assets {

struct Asset {
  std::string_view body;
  std::string_view etag;  // of its bytes, with quotes
};

Asset index_html();
Asset app_js();
Asset app_css();
Asset icon_svg();
Asset openapi_json();

}  // namespace lockstep::api::assets
