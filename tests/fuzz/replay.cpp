// Runs a fuzz target without libFuzzer: every file of the folders given, then so many seeded mutations of them.
//   fuzz_NAME [--mutations N] [--seed N] FOLDER|FILE…
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "tests/fuzz/input.hpp"

namespace {

using lockstep::Bytes;
namespace fs = std::filesystem;

constexpr std::size_t max_size = 16384;

Bytes read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class Mutator {
 public:
  Mutator(const std::vector<Bytes>& seeds, std::uint64_t seed) : seeds_(seeds), random_(seed) {}

  Bytes next() {
    auto bytes = any_seed();
    for (std::size_t i = 1 + below(4); i > 0; --i) change(bytes);
    if (bytes.size() > max_size) bytes.resize(max_size);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const Bytes& any_seed() { return seeds_[below(seeds_.size())]; }
  auto place(Bytes& bytes) { return bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size() + 1)); }

  void change(Bytes& bytes) {
    constexpr std::uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', '\n', '0', '9', ','};
    switch (below(6)) {
      case 0:
        if (!bytes.empty()) bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        return;
      case 1:
        if (!bytes.empty()) bytes[below(bytes.size())] = edges[below(std::size(edges))];
        return;
      case 2:
        bytes.insert(place(bytes), edges[below(std::size(edges))]);
        return;
      case 3: {
        const std::size_t from = below(bytes.size()), count = below(std::min<std::size_t>(bytes.size() - from, 32) + 1);
        const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(from);
        bytes.erase(at, at + static_cast<std::ptrdiff_t>(count));
        return;
      }
      default: {
        const Bytes other = any_seed();  // a copy: `bytes` may be a seed's
        const std::size_t from = below(other.size()), count = below(std::min<std::size_t>(other.size() - from, 64) + 1);
        const auto at = other.begin() + static_cast<std::ptrdiff_t>(from);
        bytes.insert(place(bytes), at, at + static_cast<std::ptrdiff_t>(count));
      }
    }
  }

  const std::vector<Bytes>& seeds_;
  std::mt19937_64 random_;
};

[[noreturn]] void usage() {
  std::fputs("usage: fuzz_NAME [--mutations N] [--seed N] FOLDER|FILE...\n", stderr);
  std::exit(64);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t mutations = 0, seed = 1;
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--mutations" || word == "--seed") {
      if (++i == argc) usage();
      (word == "--seed" ? seed : mutations) = std::strtoull(argv[i], nullptr, 10);
    } else if (fs::is_directory(word)) {
      for (const auto& entry : fs::directory_iterator(word)) files.push_back(entry.path());
    } else {
      files.emplace_back(word);
    }
  }
  std::ranges::sort(files);
  std::vector<Bytes> seeds;
  for (const auto& file : files) seeds.push_back(read(file));
  if (seeds.empty()) usage();
  for (const auto& bytes : seeds) LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  Mutator mutator(seeds, seed);
  for (std::uint64_t i = 0; i < mutations; ++i) {
    const auto bytes = mutator.next();
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu seeds and %llu mutations of them, seed %llu\n", seeds.size(),
              static_cast<unsigned long long>(mutations), static_cast<unsigned long long>(seed));
  return 0;
}
