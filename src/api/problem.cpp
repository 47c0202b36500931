#include "api/json.hpp"
#include "api/routes.hpp"

namespace lockstep::api {
namespace {

Json problem_json(int status, std::string_view code, std::string_view detail) {
  return {{"type", "about:blank"},
          {"title", reason_phrase(status)},
          {"status", status},
          {"code", code},
          {"detail", detail}};
}

Response as_response(int status, const Json& body) {
  return {.status = status, .type = "application/problem+json", .body = dump(body)};
}

}  // namespace

Response problem(int status, std::string_view code, std::string_view detail) {
  return as_response(status, problem_json(status, code, detail));
}

Response problem(int status, std::string_view code, const Error& error) {
  auto body = problem_json(status, code, error.text());
  body["what"] = error.what;
  body["where"] = text_or_null(error.where);
  body["why"] = text_or_null(error.why);
  body["next"] = text_or_null(error.next);
  return as_response(status, body);
}

}  // namespace lockstep::api
