#pragma once
// The records of a snapshot file that tell of boards, their strikes and holdings (mirror/holding.hpp).
#include "mirror/snapshot_frames.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {

/// Terms, boards, strikes, holdings.
void write_boards(FrameWriter& file, const Boards& boards);

// Each reads one record; false: what it says cannot be in any mirror.
bool read_option_terms(FrameReader& file, Boards& boards);
bool read_board(FrameReader& file, Boards& boards);
bool read_strike(FrameReader& file, Boards& boards);
/// `last`: the id of the one before, unless it is the first, and of this one afterwards. Owners are accounts.
bool read_holding(FrameReader& file, State& state, bool is_first, HoldingId& last);

}  // namespace lockstep::mirror
