#pragma once
// The sponge around the permutation (padding 0x01 … 0x80): one message, or one per lane. See permutation.hpp for why it
// is made of templates.
#include "base/keccak/batch.hpp"
#include "base/keccak/permutation.hpp"

namespace lockstep::keccak {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are little-endian");

inline constexpr std::size_t rate_words = rate / 8, digest_words = digest_size / 8;

template <class Lanes>
struct Sponge {
  static std::uint64_t load(const std::uint8_t* from) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, from, sizeof word);
    return word;
  }

  /// What is left of a message, less than a block, padded to one.
  static void pad(Message rest, std::uint8_t (&block)[rate]) {
    // By words: GCC makes a memset of this size one string instruction, which takes as long as two rounds.
    constexpr std::uint64_t none = 0;
#pragma GCC unroll 17
    for (std::size_t i = 0; i < rate_words; ++i) __builtin_memcpy(block + 8 * i, &none, sizeof none);
    if (rest.size > 0) __builtin_memcpy(block, rest.data, rest.size);
    block[rest.size] = 0x01;
    block[rate - 1] |= 0x80;
  }

  [[gnu::noinline]] static void absorb(std::uint64_t (&state)[words], const std::uint8_t* block, FirstRound first) {
    for (std::size_t i = 0; i < rate_words; ++i) state[i] ^= load(block + 8 * i);
    Permutation<Lanes>::run(state, first);
  }

  static void run(Message message, std::uint8_t* digest, FirstRound first) {
    std::uint64_t state[words] = {};
    std::uint8_t last[rate];
    for (; message.size >= rate; message.data += rate, message.size -= rate) absorb(state, message.data, first);
    pad(message, last);
    absorb(state, last, first);
    __builtin_memcpy(digest, state, digest_size);
  }

  static void each(const Message* messages, std::uint8_t* digests, std::size_t count, FirstRound first) {
    for (std::size_t i = 0; i < count; ++i) run(messages[i], digests + digest_size * i, first);
  }
};

/// One message per lane. A lane that has finished takes the next message at once, whatever the others are at, so
/// messages of different lengths keep all lanes busy until none is left to begin.
template <class Lanes>
class SpongeLanes {
 public:
  static void run(const Message* messages, std::uint8_t* digests, std::size_t count, FirstRound first) {
    SpongeLanes lanes(messages, digests, count);
    while (lanes.busy_ > 0) {
      lanes.next_blocks();
      lanes.absorb(first);
      lanes.take_digests();
    }
  }

 private:
  using Word = typename Lanes::Word;
  static constexpr std::size_t width = Lanes::count, last_word = rate - 8;

  SpongeLanes(const Message* messages, std::uint8_t* digests, std::size_t count)
      : messages_(messages), digests_(digests), count_(count) {
    for (std::size_t lane = 0; lane < width; ++lane) begin(lane);
  }

  void begin(std::size_t lane) {
    is_busy_[lane] = begun_ < count_;
    if (!is_busy_[lane]) {
      block_[lane] = tail_[lane] = padded_[lane];  // whatever it holds
      return;
    }
    rest_[lane] = messages_[begun_];
    digest_[lane] = digests_ + digest_size * begun_;
    ++begun_;
    ++busy_;
  }

  void next_blocks() {
    for (std::size_t lane = 0; lane < width; ++lane) {
      if (!is_busy_[lane]) continue;
      Message& rest = rest_[lane];
      is_last_[lane] = rest.size < rate;
      block_[lane] = tail_[lane] = rest.data;
      if (!is_last_[lane]) {
        rest.data += rate;
        rest.size -= rate;
      } else if (rest.size >= last_word) {
        const std::uint64_t word = padded_word(rest);
        __builtin_memcpy(padded_[lane] + last_word, &word, sizeof word);
        tail_[lane] = padded_[lane];
      } else {
        Sponge<Lanes>::pad(rest, padded_[lane]);
        block_[lane] = tail_[lane] = padded_[lane];
      }
    }
  }

  /// The last word of a block that lacks no more than that: the rest of it is read where it is.
  static std::uint64_t padded_word(const Message& rest) {
    std::uint64_t word = 0x01;
    for (std::size_t i = rest.size; i > last_word; --i) word = word << 8 | rest.data[i - 1];
    return word ^ std::uint64_t{0x80} << 56;
  }

  void absorb(FirstRound first) {
    constexpr std::size_t last = last_word / 8;
    static_assert(last % width == 0, "all words but the last are transposed");
    Word columns[width];
    for (std::size_t at = 0; at < last; at += width) {
      Lanes::transpose(block_, 8 * at, columns);
      for (std::size_t i = 0; i < width; ++i) state_[at + i] ^= columns[i];
    }
    Word word;
    for (std::size_t lane = 0; lane < width; ++lane) word[lane] = Sponge<Lanes>::load(tail_[lane] + last_word);
    state_[last] ^= word;
    if constexpr (Lanes::has_ternary) {
      PermutationInPlace<Lanes>::run(state_, first);
    } else {
      Permutation<Lanes>::run(state_, first);
    }
  }

  void take_digests() {
    std::size_t ready = 0;
    for (std::size_t lane = 0; lane < width; ++lane) ready += is_busy_[lane] && is_last_[lane];
    const bool is_all = ready == busy_;  // of one length, as they mostly are
    for (std::size_t lane = 0; lane < width && ready > 0; ++lane) {
      if (!is_busy_[lane] || !is_last_[lane]) continue;
      for (std::size_t i = 0; i < digest_words; ++i) {
        const std::uint64_t word = state_[i][lane];
        __builtin_memcpy(digest_[lane] + 8 * i, &word, sizeof word);
      }
      if (!is_all) clear(lane);
      --busy_;
      begin(lane);
    }
    if (is_all) clear();
  }

  /// The words of one lane lie apart: 25 writes, as many as all lanes together take.
  void clear(std::size_t lane) {
    for (std::size_t i = 0; i < words; ++i) state_[i][lane] = 0;
  }
  void clear() {
    for (std::size_t i = 0; i < words; ++i) state_[i] = Lanes::all(0);
  }

  const Message* messages_;
  std::uint8_t* digests_;
  std::size_t count_, begun_ = 0, busy_ = 0;
  Word state_[words] = {};
  Message rest_[width] = {};
  std::uint8_t* digest_[width] = {};
  const std::uint8_t* block_[width] = {};
  const std::uint8_t* tail_[width] = {};  // where the last word of a block is, counted as if all of it were there
  bool is_busy_[width] = {}, is_last_[width] = {};
  std::uint8_t padded_[width][rate] = {};
};

}  // namespace lockstep::keccak
