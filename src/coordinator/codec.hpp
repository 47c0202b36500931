#pragma once
// Records and effects as bytes: u8 codec version, u8 type, then the fields in the order of the struct, as
// base/byte_io.hpp writes them. Decoding is strict: every byte is used, every enum is in range, every list within its
// limit; a field that an older version did not have takes its default. Type numbers are the position in the variant and
// are never reused (tests/golden holds one of each).
#include <expected>

#include "base/bytes.hpp"
#include "coordinator/record.hpp"

namespace lockstep::coordinator {

inline constexpr std::uint8_t codec_version = 2;  // all up to it are read

enum class CodecRefusal : std::uint8_t { unknown_version, unknown_type, malformed };

Bytes encode(const Record& record);
Bytes encode(const Effect& effect);
/// The whole state, for comparing states; there is no way back (state comes from records only).
Bytes encode(const State& state);

std::expected<Record, CodecRefusal> decode_record(BytesView input);
std::expected<Effect, CodecRefusal> decode_effect(BytesView input);

const char* to_text(CodecRefusal refusal);

}  // namespace lockstep::coordinator
