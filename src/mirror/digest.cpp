// Canonical bytes of a row: table (1), account (20), market (4 BE), order (8 BE), field count (1), then per field a
// type byte (0 number, 1 account) and 16 bytes big-endian two's complement or 20 bytes. The digest is the hash over the
// rows' hashes in key order, after a version byte and the row count (8 BE), so that no two lists of rows share their
// bytes.
#include "base/assert.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::mirror {
namespace {

__extension__ typedef unsigned __int128 Unsigned;

template <class Integer>
void big_endian(Bytes& out, Integer value, int width) {
  for (int i = width - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void encode(Bytes& out, const Row& row) {
  out.clear();
  out.push_back(static_cast<std::uint8_t>(row.key.table));
  append(out, row.key.account.view());
  big_endian(out, row.key.market, 4);
  big_endian(out, row.key.order, 8);
  LOCKSTEP_ASSERT(row.values.size() == info(row.key.table).fields.size());
  out.push_back(static_cast<std::uint8_t>(row.values.size()));
  for (const auto& value : row.values) {
    out.push_back(static_cast<std::uint8_t>(value.index()));
    if (const auto* number = std::get_if<Int>(&value)) {
      big_endian(out, static_cast<Unsigned>(*number), 16);
    } else {
      append(out, std::get<Address>(value).view());
    }
  }
}

}  // namespace

Hash32 digest(const Rows& rows, HashFn hash) {
  Bytes all;
  all.reserve(9 + rows.size() * Hash32::size);
  all.push_back(1);
  big_endian(all, std::uint64_t{rows.size()}, 8);
  Bytes row_bytes;
  const Key* before = nullptr;
  for (const auto& row : rows) {
    LOCKSTEP_ASSERT(before == nullptr || *before < row.key);
    before = &row.key;
    encode(row_bytes, row);
    append(all, hash(row_bytes).view());
  }
  return hash(all);
}

}  // namespace lockstep::mirror
