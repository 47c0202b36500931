#pragma once
// One account of a live mirror, as it stands.
#include <cstdint>

#include "base/time.hpp"
#include "mirror/row.hpp"

namespace lockstep::view {

struct MirrorAccount {
  std::uint64_t block_num = 0;
  UnixSeconds block_time = 0;
  mirror::Rows rows;  // the account's own, one per position, what it has in pools, its holdings; none: no such account
};

}  // namespace lockstep::view
