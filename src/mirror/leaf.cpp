#include "mirror/leaf.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "base/assert.hpp"
#include "base/turboshake256.hpp"

namespace lockstep::mirror {
namespace {

__extension__ typedef unsigned __int128 Unsigned;

template <class Integer>
void big_endian(Bytes& out, Integer value, int width) {
  for (int i = width - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append_key(Bytes& out, Entity entity, const Key& key) {
  if (entity == Entity::market || entity == Entity::board) big_endian(out, key.market, 4);
  if (entity == Entity::account) append(out, key.account.view());
  if (entity == Entity::order || entity == Entity::holding) big_endian(out, key.order, 8);
}

}  // namespace

Entity entity_of(Table table) {
  switch (table) {
    case Table::global:
    case Table::pool_terms:
    case Table::option_terms:
      return Entity::global;
    case Table::market:
    case Table::series:
    case Table::pool:
    case Table::strike:
      return Entity::market;
    case Table::account:
    case Table::position:
    case Table::pool_account:
    case Table::pool_position:
      return Entity::account;
    case Table::board:
      return Entity::board;
    case Table::holding:
      return Entity::holding;
    case Table::order:
    case Table::count_:
      break;
  }
  LOCKSTEP_ASSERT(table == Table::order);
  return Entity::order;
}

radix::Path path_of(const Key& key) {
  const Entity entity = entity_of(key.table);
  radix::Path path{static_cast<std::uint8_t>(entity)};
  const auto put = [&](std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) path[1 + i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
  };
  if (entity == Entity::market || entity == Entity::board) put(key.market, 4);
  if (entity == Entity::order || entity == Entity::holding) put(key.order, 8);
  if (entity == Entity::account) std::ranges::copy(key.account.bytes, path.begin() + 1);
  return path;
}

Key key_of(const radix::Path& path) {
  const auto get = [&](std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8 | path[1 + i];
    return value;
  };
  Key key;
  switch (static_cast<Entity>(path[0])) {
    case Entity::global:
      break;
    case Entity::market:
      key.table = Table::market;
      key.market = static_cast<MarketId>(get(4));
      break;
    case Entity::account:
      key.table = Table::account;
      std::copy_n(path.begin() + 1, Address::size, key.account.bytes.begin());
      break;
    case Entity::order:
      key.table = Table::order;
      key.order = get(8);
      break;
    case Entity::board:
      key.table = Table::board;
      key.market = static_cast<MarketId>(get(4));
      break;
    case Entity::holding:
      key.table = Table::holding;
      key.order = get(8);
      break;
  }
  return key;
}

void LeafText::begin(const Key& key) {
  const Entity entity = entity_of(key.table);
  out_.assign({0x00, static_cast<std::uint8_t>(entity)});
  append_key(out_, entity, key);
}

void LeafText::row(const Key& key) {
  out_.push_back(static_cast<std::uint8_t>(key.table));
  if (key.table == Table::position || key.table == Table::pool_position) big_endian(out_, key.market, 4);
}

void LeafText::fields(std::span<const Int> numbers) {
  constexpr std::size_t width = 17;
  const std::size_t end = out_.size();
  out_.resize(end + width * numbers.size());  // at once: leaves are mostly numbers
  std::uint8_t* at = out_.data() + end;
  const auto store = [](std::uint8_t* to, std::uint64_t half) {
    if constexpr (std::endian::native == std::endian::little) half = std::byteswap(half);
    std::memcpy(to, &half, sizeof half);
  };
  for (const Int number : numbers) {
    const auto whole = static_cast<Unsigned>(number);
    *at = 0;
    store(at + 1, static_cast<std::uint64_t>(whole >> 64));
    store(at + 9, static_cast<std::uint64_t>(whole));
    at += width;
  }
}

void LeafText::field(const Address& account) {
  out_.push_back(1);
  append(out_, account.view());
}

void LeafBatch::add(const radix::Path& path, const LeafText& text) {
  append(bytes_, text.bytes());
  waiting_.push_back({path, bytes_.size()});
  if (waiting_.size() == most) flush();
}

void LeafBatch::flush() {
  std::array<BytesView, most> views;
  std::array<Hash32, most> hashes;
  std::array<radix::Path, most> paths;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < waiting_.size(); begin = waiting_[i++].end) {
    views[i] = BytesView(bytes_).subspan(begin, waiting_[i].end - begin);
    paths[i] = waiting_[i].path;
  }
  turboshake256(std::span(views).first(waiting_.size()), std::span(hashes).first(waiting_.size()));
  tree_.put(std::span(paths).first(waiting_.size()), std::span(hashes).first(waiting_.size()));
  unhashed_ += waiting_.size();
  waiting_.clear();
  bytes_.clear();
  if (unhashed_ < now_and_then) return;
  tree_.root();
  unhashed_ = 0;
}

Hash32 sealed(std::size_t leaves, const Hash32& root) {
  Bytes out{digest_version};
  big_endian(out, std::uint64_t{leaves}, 8);
  append(out, root.view());
  return turboshake256(BytesView(out));
}

}  // namespace lockstep::mirror
