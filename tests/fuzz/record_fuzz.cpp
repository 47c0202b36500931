// Records and effects of the journal. Whatever is decoded at the current version encodes to the same bytes; what an
// older version wrote encodes to something that decodes to the same.
#include "coordinator/codec.hpp"
#include "tests/fuzz/input.hpp"

namespace lockstep::fuzz {
namespace {

template <class Decode>
void check(BytesView bytes, const Decode& decode) {
  const auto read = decode(bytes);
  if (!read) return;
  const auto written = encode(*read);
  if (bytes[0] == coordinator::codec_version) LOCKSTEP_ASSERT(std::ranges::equal(written, bytes));
  const auto again = decode(BytesView(written));
  LOCKSTEP_ASSERT(again && encode(*again) == written);
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  const BytesView bytes(data, size);
  fuzz::check(bytes, coordinator::decode_record);
  fuzz::check(bytes, coordinator::decode_effect);
  return 0;
}
