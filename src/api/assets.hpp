#pragma once
// Files compiled into the program (dashboard/, openapi.json).
#include <string_view>

namespace lockstep::api::assets {

std::string_view index_html();
std::string_view app_js();
std::string_view app_css();
std::string_view openapi_json();

}  // namespace lockstep::api::assets
