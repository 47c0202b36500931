#include "mirror/snapshot_pools.hpp"

#include <algorithm>

#include "mirror/state.hpp"

namespace lockstep::mirror {
namespace {

bool read_position(FrameReader& file, Pools& pools, PoolAccount& account) {
  PoolPosition p{.market = file.in.u32()};
  for (Int* value : {&p.size, &p.open_notional, &p.liquidity}) *value = file.number();
  const bool ascending = account.positions.empty() || account.positions.back().market < p.market;
  account.positions.push_back(p);
  const auto pool = pools.all.find(p.market);
  if (!file.in.ok() || pool == pools.all.end() || !ascending || p.empty() || !within(p.size, max_pool_amount) ||
      !within(p.open_notional, max_pool_amount) || !in_range(p.liquidity, 0, max_liquidity))
    return false;
  Checked math;
  pool->second.gross = math.add(pool->second.gross, math.abs(p.size));
  return !math.overflow();
}

void write_account(FrameWriter& file, const Address& address, const PoolAccount& account) {
  file.out.fixed(address);
  file.number(account.owed);
  file.out.u32(static_cast<std::uint32_t>(account.positions.size()));
  for (const PoolPosition& p : account.positions) {
    file.out.u32(p.market);
    for (const Int value : {p.size, p.open_notional, p.liquidity}) file.number(value);
  }
  file.end_record();
}

}  // namespace

void write_pools(FrameWriter& file, const Pools& pools) {
  if (!pools.terms) return;
  for (const Int value : pools.terms->values()) file.number(value);
  file.end_record();
  for (const auto& [id, pool] : pools.all) {
    file.out.u32(id);
    file.number(pool.mark);
    file.end_record();
  }
}

void write_pool_accounts(FrameWriter& file, const Pools& pools) {
  std::vector<Address> ascending;
  ascending.reserve(pools.accounts.size());
  for (const auto& one : pools.accounts) ascending.push_back(one.first);
  std::ranges::sort(ascending);
  for (const auto& address : ascending) write_account(file, address, pools.accounts.at(address));
}

bool read_pool_terms(FrameReader& file, Pools& pools) {
  PoolTerms terms;
  for (Int* value :
       {&terms.unit, &terms.scale, &terms.dust, &terms.initial_ppm, &terms.maintenance_ppm, &terms.rounds_down})
    *value = file.number();
  pools.terms = terms;
  return file.in.ok() && in_range(terms.unit, 1, max_pool_unit) && in_range(terms.scale, 1, max_pool_unit) &&
         in_range(terms.dust, 0, max_pool_unit) && in_range(terms.initial_ppm, 0, max_ppm) &&
         in_range(terms.maintenance_ppm, 0, max_ppm) && in_range(terms.rounds_down, 0, 1);
}

bool read_pool(FrameReader& file, Pools& pools) {
  const MarketId id = file.in.u32();
  const bool ascending = pools.all.empty() || pools.all.rbegin()->first < id;
  Pool& pool = pools.all[id];
  pool.mark = file.number();
  return file.in.ok() && ascending && in_range(pool.mark, 0, max_pool_mark);
}

bool read_pool_account(FrameReader& file, Pools& pools, Address& last) {
  const auto address = file.in.fixed<Address>();
  const bool ascending = pools.accounts.empty() || last < address;
  last = address;
  PoolAccount& account = pools.accounts[address];
  account.owed = file.number();
  const auto positions = file.in.u32();
  if (!file.in.ok() || !ascending || positions > max_pools || !within(account.owed, max_pool_amount)) return false;
  for (std::uint32_t i = 0; i < positions; ++i)
    if (!read_position(file, pools, account)) return false;
  return !account.empty();
}

}  // namespace lockstep::mirror
