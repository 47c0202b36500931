#pragma once
// Values as the API writes them: integers beyond 2^53 as strings, times in RFC 3339 UTC, absent things as null.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "coordinator/state.hpp"
#include "view/snapshot.hpp"

namespace lockstep::api {

using Json = nlohmann::ordered_json;

Json number(std::uint64_t value);
Json time_s(UnixSeconds time);  // null for 0: not known
Json time_ms(std::uint64_t time);
Json text_or_null(const std::string& text);
Json hash_or_null(const Hash32& hash);  // null for the zero word
std::string dump(const Json& value);    // never throws: bytes that are not UTF-8 are replaced

Json block_json(const coordinator::BlockRef& block);
Json rows_json(const std::vector<coordinator::CheckRow>& rows);
Json chain_json(const ports::ChainHealth& chain);
Json line_json(const view::JournalLine& line);
Json mark_json(const view::Mark& mark);  // null: the text is all there is
Json transaction_json(const ports::TxnSeen& txn);
Json mirror_json(const view::MirrorSummary& mirror);
/// Of every plan; and one of them with what it would make of accounts, those first that could be liquidated then.
Json shadow_counts_json(const std::vector<view::MirrorShadow>& shadows);
Json shadow_json(const view::MirrorShadow& shadow, std::size_t limit);
Json peer_json(const view::Peer& peer, const view::Snapshot& snapshot);
Json alarm_json(const view::Alarm& alarm);
Json attestation_json(const coordinator::Attestation& attestation);  // whole: a peer verifies it

/// First 8 hexadecimal digits, without 0x.
std::string short_id(const Hash32& plan);

/// One plan in a list; and the same with everything about the plan itself.
Json summary_json(const coordinator::PlanState& plan, const view::Snapshot& snapshot);
Json plan_json(const coordinator::PlanState& plan, const view::Snapshot& snapshot);
Json readiness_json(const coordinator::PlanState& plan);
Json evidence_json(const coordinator::PlanState& plan);
Json status_json(const view::Snapshot& snapshot);

}  // namespace lockstep::api
