#pragma once
// Greeks as the API and `lockstep mirror greeks` write them. In a header, so that the command line, which has no server
// in it, writes the same.
#include <nlohmann/json.hpp>
#include <span>

#include "mirror/portfolio.hpp"

namespace lockstep::api {

/// As decimal text; in the order of the fields.
inline nlohmann::ordered_json greeks_json(const mirror::greeks::Exposure& row) {
  const auto& s = mirror::greek_scales;
  const auto& sum = row.sum;
  return {{"underlying", row.underlying},
          {"value", mirror::decimal(sum.value, s.value)},
          {"delta", mirror::decimal(sum.delta, s.delta)},
          {"gamma", mirror::decimal(sum.gamma, s.gamma)},
          {"vega", mirror::decimal(sum.vega, s.vega)},
          {"theta", mirror::decimal(sum.theta, s.theta)},
          {"rho", mirror::decimal(sum.rho, s.rho)}};
}

/// What is open, what has no price, and these accounts.
inline nlohmann::ordered_json portfolio_json(const mirror::Portfolio& portfolio,
                                             std::span<const mirror::greeks::Exposure> accounts) {
  using nlohmann::ordered_json;
  ordered_json out = {{"at", portfolio.at == 0 ? ordered_json() : ordered_json(to_rfc3339(portfolio.at))},
                      {"open", ordered_json::array()},
                      {"unpriced", ordered_json::array()},
                      {"accounts", ordered_json::array()}};
  for (const auto& row : portfolio.open) out["open"].push_back(greeks_json(row));
  for (const auto& one : portfolio.unpriced)
    out["unpriced"].push_back({{"underlying", one.underlying}, {"why", one.why}});
  for (const auto& row : accounts) {
    ordered_json one = {{"account", to_hex(row.account)}};
    one.update(greeks_json(row));
    out["accounts"].push_back(std::move(one));
  }
  return out;
}

}  // namespace lockstep::api
