#include "mirror/ladder/price_index.hpp"

namespace lockstep::mirror::ladder {

std::uint32_t PriceIndex::first_of(std::uint32_t number) const {
  const Page& page = pages_[directory_[number]];
  const std::uint32_t word = lowest(page.summary);
  return number * page_size + word * 64 + lowest(page.words[word]);
}

std::uint32_t PriceIndex::after(std::uint32_t key) const {
  const std::uint32_t number = key / page_size, word = key % page_size / 64;
  if (const auto index = directory_[number]; index != none) {
    const Page& page = pages_[index];
    if (const auto rest = above(page.words[word], key)) return key / 64 * 64 + lowest(rest);
    if (const auto rest = above(page.summary, word)) {
      const std::uint32_t next = lowest(rest);
      return number * page_size + next * 64 + lowest(page.words[next]);
    }
  }
  if (const auto rest = above(words_[number / 64], number)) return first_of(number / 64 * 64 + lowest(rest));
  if (const auto rest = above(summary_, number / 64)) {
    const std::uint32_t next = lowest(rest);
    return first_of(next * 64 + lowest(words_[next]));
  }
  return none;
}

void PriceIndex::attach(std::uint32_t number) {
  if (spare_.empty()) {
    spare_.push_back(static_cast<std::uint32_t>(pages_.size()));
    pages_.emplace_back();
    spare_.reserve(pages_.capacity());  // so that detaching never allocates
  }
  directory_[number] = spare_.back();
  spare_.pop_back();
  words_[number / 64] |= bit(number);
  summary_ |= bit(number / 64);
}

void PriceIndex::detach(std::uint32_t number) {
  spare_.push_back(directory_[number]);
  directory_[number] = none;
  words_[number / 64] &= ~bit(number);
  if (words_[number / 64] == 0) summary_ &= ~bit(number / 64);
}

}  // namespace lockstep::mirror::ladder
