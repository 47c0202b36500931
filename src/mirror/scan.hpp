#pragma once
// Scenario margin of all that is held on one underlying, as SPAN scans it: what every contract would gain in 16 moves
// of price and volatility, and the largest loss an account would have in any of them, futures, options and perpetuals
// together. Source of the method: CME, "Standard Portfolio Analysis of Risk" and "Components of SPAN". No credit
// between underlyings, no charge between months; what options are worth is part of an account's equity already.
#include <array>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "base/checked.hpp"
#include "base/time.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

struct Columns;
struct MarketColumn;

/// Parameters of one underlying.
struct Scan {
  Int price_bps = 0;              // price scan range, of the underlying's mark
  Int volatility_bps = 0;         // volatility scan range, of the volatility marked
  Int extreme_bps = 30'000;       // how far the extreme moves go, of the price scan range
  Int extreme_cover_bps = 3'300;  // how much of the loss in them is covered
  Int short_minimum_bps = 0;      // at least so much of the underlying's mark for every option sold
  Int initial_bps = 10'000;       // what is asked before a trade, of the margin itself
  bool operator==(const Scan&) const = default;
};
using Scans = std::map<MarketId, Scan>;  // by underlying

inline constexpr std::size_t scan_scenarios = 16;
inline constexpr Int scan_unit = 1'000'000;  // gains are in millionths of a quote unit

/// Of one contract of a market, held long.
struct RiskArray {
  std::array<Int, scan_scenarios> gain{};
  std::size_t scan = 0;     // index of its underlying among the scans
  bool is_scanned = false;  // on an underlying that has a scan, and not expired
  bool is_option = false;
  Int unit = 1;     // lots of a contract
  Int minimum = 0;  // of one contract sold, quote units x scan_unit
  Int order = 0;    // loss of one more lot in the book, quote units x scan_unit
};

/// What one contract of an option would gain, in quote units x scan_unit, with its underlying at `factor_ppm` of what
/// it is and the volatility at `volatility`; refused where it cannot be priced.
std::expected<Int, std::string> option_gain(const MarketColumn& option, Int spot, Int factor_ppm, Int volatility,
                                            UnixSeconds at);

/// By market, as in the columns. Refused where something on a scanned underlying cannot be priced, naming it.
std::expected<std::vector<RiskArray>, std::string> risk_arrays(const Columns& columns, const Scans& scans,
                                                               UnixSeconds at);

struct ScanMargin {
  Int initial = 0, maintenance = 0;
  bool operator==(const ScanMargin&) const = default;
};

/// Adds one account up.
class Scanner {
 public:
  Scanner(const std::vector<RiskArray>& arrays, const Scans& scans);
  /// `worst`: lots that resting orders could lead to, without sign.
  void add(Checked& math, std::size_t market, Int size, Int worst);
  /// Of what was added since the last time.
  ScanMargin take(Checked& math);

 private:
  struct Sum {
    std::array<Int, scan_scenarios> gain{};
    Int minimum = 0, orders = 0;
    bool is_touched = false;
  };
  const std::vector<RiskArray>& arrays_;
  std::vector<Scan> scans_;
  std::vector<Sum> sums_;
  std::vector<std::size_t> touched_;
};

}  // namespace lockstep::mirror
