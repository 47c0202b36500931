#pragma once
// The records of pools in a snapshot file (docs/mirror.md). What reads says whether it can be in any mirror.
#include "mirror/pool.hpp"
#include "mirror/snapshot_frames.hpp"

namespace lockstep::mirror {

/// Terms and pools; nothing of an instance without them.
void write_pools(FrameWriter& file, const Pools& pools);
void write_pool_accounts(FrameWriter& file, const Pools& pools);

bool read_pool_terms(FrameReader& file, Pools& pools);
bool read_pool(FrameReader& file, Pools& pools);
/// Behind `last`, which it becomes.
bool read_pool_account(FrameReader& file, Pools& pools, Address& last);

}  // namespace lockstep::mirror
