#include "journal/hash_chain.hpp"

#include "base/byte_io.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::journal {

Hash32 link(const Hash32& previous, std::uint64_t seq, std::uint64_t time_ms, BytesView record) {
  ByteWriter writer;
  writer.fixed(previous);
  writer.u64(seq);
  writer.u64(time_ms);
  auto bytes = writer.take();
  append(bytes, record);
  return crypto::keccak256(BytesView(bytes));
}

}  // namespace lockstep::journal
