#pragma once
// One number for everything that happened, in order: Keccak-256 over what was added, chained in blocks so that a long
// run needs no memory. Two runs of a seed are the same run exactly if this is equal.
#include <string_view>

#include "base/bytes.hpp"

namespace lockstep::sim {

class TraceHash {
 public:
  void add(std::string_view kind, BytesView data);
  void add(std::string_view kind, std::string_view text) {
    add(kind, BytesView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
  void add(std::string_view kind, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);
  Hash32 value();
  std::uint64_t items() const { return items_; }

 private:
  void fold();
  Bytes pending_;
  Hash32 chained_;
  std::uint64_t items_ = 0;
};

}  // namespace lockstep::sim
