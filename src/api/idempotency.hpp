#pragma once
// Idempotency-Key: a request that is sent again gets the answer it got, and does nothing.
#include "api/routes.hpp"

namespace lockstep::api {

/// Carries out `work`, unless the request's key was seen before: then the answer of that time, or a refusal if it was
/// another request. Without a key it is carried out. Answers of 2xx and 4xx are remembered; what failed here may be
/// tried again. Calls of the worker threads.
Response once(const Call& call, Response (*work)(const Call&));

}  // namespace lockstep::api
