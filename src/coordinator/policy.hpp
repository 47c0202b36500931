#pragma once
// The numbers that pace and bound the coordinator. They are rules, not settings: every operator of a plan must act
// alike.
#include <cstdint>

namespace lockstep::coordinator {

inline constexpr std::uint64_t readiness_least_s = 30;      // between two rounds, near the halt
inline constexpr std::uint64_t readiness_most_s = 3600;     // and far from it, while green
inline constexpr std::uint64_t readiness_red_most_s = 300;  // while red: somebody mends it and waits to see it
inline constexpr std::uint64_t readiness_stop_s = 10;       // no new round this short before the halt
inline constexpr std::uint64_t vote_margin_s = 5;           // VOTE_NEW is not signed this short before decide_by
inline constexpr std::uint32_t switch_reverts_max = 2;      // a switch that reverted this often is not going to work
inline constexpr std::uint32_t switch_rejects_max = 4;      // the same for one that never reached the chain
inline constexpr std::uint32_t halt_now_tries_max =
    2;  // a gate takes one certificate per epoch; after it ended there, failing this often means it is used up
inline constexpr std::uint64_t stagger_s = 5;        // between operators that could all submit the same
inline constexpr std::uint64_t backoff_first_s = 2;  // between attempts: 2, 4, 8 …
inline constexpr std::uint64_t backoff_max_s = 64;
inline constexpr std::uint32_t unreachable_after =
    3;  // attempts that never reached a chain before we call it unreachable

}  // namespace lockstep::coordinator
