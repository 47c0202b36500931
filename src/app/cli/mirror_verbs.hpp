#pragma once
// The verbs of `mirror` but diff, one file per kind; mirror.cpp adds them to the command line.
#include <string>
#include <vector>

#include "app/cli/session.hpp"
#include "mirror/replay/generator.hpp"
#include "mirror/replay/side.hpp"

namespace lockstep::app {

/// Of show, account and stress.
struct ViewOptions {
  std::string snapshot, account, rules, at;
  std::vector<std::int64_t> moves_bps{-5000, -3000, -2000, -1000, -500, 500, 1000, 2000, 3000, 5000};
  std::size_t limit = 10;
};
Exit mirror_show(Session& session, const ViewOptions& options);
Exit mirror_account(Session& session, const ViewOptions& options);
Exit mirror_stress(Session& session, const ViewOptions& options);

struct GreeksOptions {
  std::string snapshot, instance, account, at;
  std::size_t limit = 100;
};
Exit mirror_greeks(Session& session, const GreeksOptions& options);

/// `instance`: protocol:chain, of the daemon.
Exit mirror_shadow(Session& session, const std::string& instance, std::size_t limit);

struct ReplayOptions {
  std::string snapshot, rules_before, rules_after, flow, record;
  std::uint64_t seed = 1, steps = 1000;
  std::size_t accounts = 400, markets = 2, points = 20;
  mirror::replay::Weather weather;
  mirror::replay::Keepers keepers;
};
Exit mirror_replay(Session& session, const ReplayOptions& options);

}  // namespace lockstep::app
