#pragma once
// One function per route (routes.cpp). `live` ones have a snapshot.
#include "api/routes.hpp"

namespace lockstep::api {

Response get_livez(const Call& call);
Response get_readyz(const Call& call);
Response get_startupz(const Call& call);
Response get_metrics(const Call& call);
Response get_dashboard(const Call& call);
Response get_script(const Call& call);
Response get_style(const Call& call);
Response get_icon(const Call& call);
Response get_openapi(const Call& call);
Response get_version(const Call& call);

Response get_status(const Call& call);
Response get_chains(const Call& call);
Response get_chain(const Call& call);
Response get_protocols(const Call& call);
Response get_protocol(const Call& call);
Response get_schema(const Call& call);
Response get_transactions(const Call& call);
Response get_mirror_summary(const Call& call);
Response get_mirror_greeks(const Call& call);
Response get_mirror_shadow(const Call& call);
Response get_mirror_account(const Call& call);
Response get_attestations(const Call& call);
std::string attestations_etag(const Call& call);
Response get_journal(const Call& call);

Response get_plans(const Call& call);
Response get_plan(const Call& call);
Response get_timeline(const Call& call);
Response get_readiness(const Call& call);
Response get_evidence(const Call& call);
Response get_manifest(const Call& call);
Response get_report(const Call& call);
Response get_calendar(const Call& call);
Response get_feed(const Call& call);

Response post_plan(const Call& call);
Response post_hold(const Call& call);
Response post_resume(const Call& call);
Response post_abort(const Call& call);
Response post_halt(const Call& call);
Response post_reload(const Call& call);

}  // namespace lockstep::api
