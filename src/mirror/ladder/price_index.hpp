#pragma once
// One side of a ladder: levels by key, best first. A key counts ticks away from the best price there could be, so both
// sides search upwards. Four bitmap words of 64 find the next level among 2^24; pages of 4,096 levels are attached
// where orders rest and recycled when they are empty, so nothing is allocated once the widest range was seen.
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace lockstep::mirror::ladder {

class PriceIndex {
 public:
  static constexpr std::uint32_t keys = 1U << 24;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// Oldest and newest order, as indices into the order table.
  struct Level {
    std::uint32_t head = none, tail = none;
  };

  PriceIndex() : directory_(directory_size, none) {}

  /// The smallest key with orders, or none.
  std::uint32_t first() const { return first_; }
  /// The next key with orders behind `key`, or none.
  std::uint32_t after(std::uint32_t key) const;

  /// A level that has orders.
  Level& at(std::uint32_t key) { return page_of(key).levels.data()[key % page_size]; }
  const Level& at(std::uint32_t key) const {
    return pages_.data()[directory_.data()[key / page_size]].levels.data()[key % page_size];
  }

  /// The level of a key whether it has orders or not; it has some when this index is used next.
  Level& open(std::uint32_t key) {
    if (directory_.data()[key / page_size] == none) attach(key / page_size);
    Page& page = page_of(key);
    const std::uint32_t word = key % page_size / 64;
    page.words.data()[word] |= bit(key);
    page.summary |= bit(word);
    if (key < first_) first_ = key;
    return page.levels.data()[key % page_size];
  }

  /// The level has lost its last order.
  void close(std::uint32_t key) {
    Page& page = page_of(key);
    const std::uint32_t word = key % page_size / 64;
    page.levels.data()[key % page_size] = {};
    page.words.data()[word] &= ~bit(key);
    if (page.words.data()[word] == 0) {
      page.summary &= ~bit(word);
      if (page.summary == 0) detach(key / page_size);
    }
    if (key == first_) first_ = after(key);
  }

  /// Pages there are, in use or not.
  std::size_t pages() const { return pages_.size(); }

 private:
  static constexpr std::uint32_t page_size = 64 * 64, directory_size = keys / page_size;

  struct Page {
    std::array<Level, page_size> levels;
    std::array<std::uint64_t, 64> words{};
    std::uint64_t summary = 0;
  };

  static std::uint64_t bit(std::uint32_t at) { return std::uint64_t{1} << at % 64; }
  /// The bits of `word` above bit `at`.
  static std::uint64_t above(std::uint64_t word, std::uint32_t at) { return word & (~std::uint64_t{1} << at % 64); }
  static std::uint32_t lowest(std::uint64_t word) { return static_cast<std::uint32_t>(std::countr_zero(word)); }

  Page& page_of(std::uint32_t key) { return pages_.data()[directory_.data()[key / page_size]]; }
  std::uint32_t first_of(std::uint32_t number) const;
  void attach(std::uint32_t number);
  void detach(std::uint32_t number);

  std::uint32_t first_ = none;
  std::uint64_t summary_ = 0;
  std::array<std::uint64_t, 64> words_{};  // attached pages
  std::vector<std::uint32_t> directory_;   // page of each stretch of keys, or none
  std::vector<Page> pages_;
  std::vector<std::uint32_t> spare_;  // pages without orders
};

}  // namespace lockstep::mirror::ladder
