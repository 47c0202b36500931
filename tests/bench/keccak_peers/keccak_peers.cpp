// Our Keccak-256 against evmone's and XKCP's, in one process and in turns. Built and run by `run`, which makes a shared
// library of each build of a peer.
//   keccak_peers ROUNDS LIBRARY…
// Everyone's digests of every length up to 600 must be ours, else it ends with 1 and without figures. Prints Markdown.
#include <dlfcn.h>

#include <limits>
#include <optional>
#include <random>
#include <string_view>

#include "base/keccak256.hpp"
#include "peer.hpp"
#include "tests/bench/contestants.hpp"

namespace {

using lockstep::BytesView;
using lockstep::Hash32;
using lockstep::KeccakPath;
using lockstep::bench::Contestant;
using lockstep::bench::give_up;
using lockstep::bench::Row;

static_assert(sizeof(Hash32) == lockstep::bench::digest_bytes, "digests lie side by side");

/// In memory of their own, as far apart as malloc would put them, so that those of 4,096 bytes do not fall on the same
/// sets of a cache.
class Messages {
 public:
  Messages(std::size_t size, std::size_t count)
      : words_(count * (size / 8 + 3)),
        row_{reinterpret_cast<const std::uint8_t*>(words_.data()), words_.size() / count * 8, size, count} {
    std::ranges::generate(words_, std::mt19937_64(size));
    for (std::size_t i = 0; i < count; ++i) views_.emplace_back(row_[i], size);
  }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  const Row& row() const { return row_; }
  std::span<const BytesView> views() const { return views_; }

 private:
  std::vector<std::uint64_t> words_;
  Row row_;  // of words_
  std::vector<BytesView> views_;
};

struct Contender {
  std::string project, build;
  std::size_t lanes;  // 1: one message after the other
  std::function<void(const Messages&, std::span<Hash32>)> hash;
};

constexpr std::string_view us = "ours";

/// By the path that the CPU decides unless one is named.
Contender one_by_one(const char* name, std::optional<KeccakPath> path) {
  return {std::string(us), name, 1, [path](const Messages& messages, std::span<Hash32> hashes) {
            std::ranges::transform(messages.views(), hashes.begin(), [path](BytesView view) {
              return path ? lockstep::keccak256(view, *path) : lockstep::keccak256(view);
            });
          }};
}

Contender batch(const char* name, std::size_t lanes, KeccakPath path) {
  return {std::string(us), name, lanes, [path](const Messages& messages, std::span<Hash32> hashes) {
            lockstep::keccak256(messages.views(), hashes, path);
          }};
}

/// What the CPU decides first: it is whom the others are compared with.
std::vector<Contender> ours() {
  std::vector<Contender> all{one_by_one("as the CPU decides", std::nullopt),
                             one_by_one("portable", KeccakPath::portable)};
  if (runs_here(KeccakPath::bmi2)) all.push_back(one_by_one("BMI2", KeccakPath::bmi2));
  if (runs_here(KeccakPath::avx512)) all.push_back(one_by_one("AVX-512", KeccakPath::avx512));
  if (runs_here(KeccakPath::avx2)) all.push_back(batch("×4 AVX2", 4, KeccakPath::avx2));
  if (runs_here(KeccakPath::avx512)) all.push_back(batch("×8 AVX-512", 8, KeccakPath::avx512));
  return all;
}

/// Of a library that is never closed.
void add_peers(const char* file, std::vector<Contender>& contenders) {
  void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) give_up(dlerror());
  const auto* const peers = static_cast<const lockstep::bench::Peers*>(dlsym(library, "keccak_peers"));
  if (peers == nullptr) give_up(dlerror());
  for (const auto& peer : std::span(peers->first, peers->count)) {
    auto hash = [&peer](const Messages& messages, std::span<Hash32> hashes) {
      peer.hash(messages.row(), hashes.front().bytes.data());
    };
    contenders.push_back({peer.project, peer.build, peer.lanes, hash});
  }
}

void expect_agreement(const std::vector<Contender>& contenders) {
  constexpr std::size_t count = 16, longest = 600;
  std::vector<Hash32> expected(count), found(count);
  for (std::size_t size = 0; size <= longest; ++size) {
    const Messages messages(size, count);
    contenders.front().hash(messages, expected);
    for (const auto& one : contenders) {
      std::ranges::fill(found, Hash32{});
      one.hash(messages, found);
      if (found != expected)
        give_up(one.project + " (" + one.build + ") gives other digests of " + std::to_string(size) + " bytes");
    }
  }
}

struct Figure {
  const Contender* who;
  double ns, lowest_ns;  // per message: the median of all turns, and the lowest, which other work disturbed least
};

/// Of all contenders, the fastest first. Each has two turns in a row of which the second counts: then its code and the
/// messages are in the caches, whoever was before it.
std::vector<Figure> measure(const std::vector<Contender>& contenders, std::size_t size, int rounds) {
  constexpr std::size_t count = 64;  // messages a turn
  const Messages messages(size, count);
  std::vector<Hash32> hashes(count);
  std::vector<Contestant> contestants;
  for (const auto& one : contenders) {
    const Contestant turn{one.build, [&] { one.hash(messages, hashes); }};
    contestants.insert(contestants.end(), {turn, turn});
  }
  lockstep::bench::take_turns(contestants, rounds);
  std::vector<Figure> figures;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    Contestant& counts = contestants[2 * i + 1];
    constexpr double ns = 1e9 / count;
    figures.push_back({&contenders[i], counts.median() * ns, std::ranges::min(counts.seconds) * ns});
  }
  std::ranges::sort(figures, {}, &Figure::ns);
  return figures;
}

const Figure* best_of(const std::vector<Figure>& figures, std::string_view project, std::size_t lanes) {
  const auto found = std::ranges::find_if(
      figures, [&](const Figure& one) { return one.who->project == project && one.who->lanes == lanes; });
  return found == figures.end() ? nullptr : &*found;
}

/// What a caller gets who names no path: of one message not the fastest path, but the one that is chosen.
const Figure* ours_of(const std::vector<Figure>& figures, const Contender& chosen, std::size_t lanes) {
  if (lanes != 1) return best_of(figures, us, lanes);
  return &*std::ranges::find(figures, &chosen, &Figure::who);
}

double lowest_of(const std::vector<Figure>& figures, std::string_view project, std::size_t lanes) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const Figure& one : figures)
    if (one.who->project == project && one.who->lanes == lanes) lowest = std::min(lowest, one.lowest_ns);
  return lowest;
}

struct Goal {
  std::size_t lanes;
  const char *project, *title;
  double ratio;
};
constexpr Goal goals[] = {{1, "evmone", "one message", 1.0},
                          {1, "XKCP", "one message", 1.1},
                          {4, "XKCP", "four lanes, AVX2", 1.15},
                          {8, "XKCP", "eight lanes, AVX-512", 1.15}};

using Figures = std::vector<std::pair<std::size_t, std::vector<Figure>>>;  // by bytes

void print_all(const Figures& by_size, const Contender& chosen) {
  std::printf("| bytes | lanes | who | build | ns per message | ours ÷ it |\n|---|---|---|---|---|---|\n");
  for (const auto& [size, figures] : by_size) {
    for (const std::size_t lanes : {1, 4, 8}) {
      for (const Figure& one : figures) {
        if (one.who->lanes != lanes) continue;
        const bool is_best = &one == best_of(figures, one.who->project, lanes) && one.who->project != us;
        std::printf("| %zu | %zu | %s%s | %s | %.0f | %.2f |\n", size, lanes, one.who->project.c_str(),
                    is_best ? ", its best" : "", one.who->build.c_str(), one.ns,
                    ours_of(figures, chosen, lanes)->ns / one.ns);
      }
    }
  }
}

void print_goals(const Figures& by_size, const Contender& chosen) {
  std::printf(
      "\n| bytes | | ours, ns | peer, the best of its builds | its ns | ours ÷ it | by the lowest turns | goal | |\n");
  std::printf("|---|---|---|---|---|---|---|---|---|\n");
  for (const Goal& goal : goals) {
    for (const auto& [size, figures] : by_size) {
      const Figure* const peer = best_of(figures, goal.project, goal.lanes);
      const Figure* const own = ours_of(figures, chosen, goal.lanes);
      if (peer == nullptr || own == nullptr) continue;
      const double ratio = own->ns / peer->ns;
      const double by_lowest = own->lowest_ns / lowest_of(figures, goal.project, goal.lanes);
      std::printf("| %zu | %s | %.0f | %s: %s | %.0f | %.2f | %.2f | ≤ %.2f | %s |\n", size, goal.title, own->ns,
                  goal.project, peer->who->build.c_str(), peer->ns, ratio, by_lowest, goal.ratio,
                  ratio <= goal.ratio ? "met" : "MISSED");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 2 ? std::atoi(argv[1]) : 0;
  if (rounds < 1) give_up("usage: keccak_peers ROUNDS LIBRARY…");
  std::vector<Contender> contenders = ours();
  for (int i = 2; i < argc; ++i) add_peers(argv[i], contenders);
  expect_agreement(contenders);
  Figures figures;
  for (const std::size_t size : {32, 532, 4096}) figures.emplace_back(size, measure(contenders, size, rounds));
  print_all(figures, contenders.front());
  print_goals(figures, contenders.front());
  return 0;
}
