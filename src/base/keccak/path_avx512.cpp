// x86 with AVX-512F: one message by its rows, or eight side by side. Compiled with -mavx512f.
#include "base/keccak/lanes_avx512.hpp"
#include "base/keccak/paths.hpp"
#include "base/keccak/rows_avx512.hpp"
#include "base/keccak/sponge.hpp"

namespace lockstep::keccak {

const OneKernel avx512_one = RowsAvx512::run;
const ManyKernel avx512_many = SpongeLanes<Avx512Lanes>::run;

}  // namespace lockstep::keccak
