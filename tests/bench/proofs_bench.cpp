// Storage proofs verified a second of CPU time (a loaded machine changes it less than the clock on the wall): one by
// one and many at once, on the proofs of a file that proofs_bench.mjs makes and gives to its peer, too. Prints one JSON
// document.
//   proofs_bench FILE [ROUNDS]        FILE: {"root", "slots": […], "values": […], "proofs": [[node…]…]}, all in hex
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "adapters/evm/trie.hpp"

namespace {

using namespace lockstep;
namespace trie = evm::trie;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "proofs_bench: %s\n", why.c_str());
  std::exit(1);
}

struct Proofs {
  Hash32 root;
  std::vector<Hash32> slots;
  std::vector<Uint256> values;
  std::vector<std::vector<Bytes>> proofs;

  explicit Proofs(const char* file) {
    std::ifstream in(file);
    const auto json = nlohmann::json::parse(in, nullptr, false);
    if (!json.is_object()) give_up("cannot read the file");
    const auto word = [](const nlohmann::json& text) {
      return fixed_from_hex<Hash32>(text.get<std::string>()).value();
    };
    root = word(json.at("root"));
    for (const auto& slot : json.at("slots")) slots.push_back(word(slot));
    for (const auto& value : json.at("values")) values.push_back(from_word(word(value)));
    for (const auto& nodes : json.at("proofs")) {
      auto& proof = proofs.emplace_back();
      for (const auto& node : nodes) proof.push_back(bytes_from_hex(node.get<std::string>()).value());
    }
  }
  std::size_t count(const auto& of) const {
    std::size_t sum = 0;
    for (const auto& proof : proofs) sum += of(proof);
    return sum;
  }
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double median(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

double lowest(const std::vector<double>& seconds) { return *std::ranges::min_element(seconds); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) give_up("usage: proofs_bench FILE [ROUNDS]");
  const int rounds = argc == 3 ? std::atoi(argv[2]) : 50;
  const Proofs given(argv[1]);
  const std::size_t count = given.slots.size();
  std::vector<trie::Claim> claims;
  for (std::size_t i = 0; i < count; ++i) claims.push_back({given.root, given.slots[i].view(), given.proofs[i]});
  // In an order in which neighbours share nothing but the root: what a batch makes of it is its own work.
  std::vector<double> alone, batch;
  for (int round = 0; round < rounds; ++round) {
    auto begin = cpu_seconds();
    for (std::size_t i = 0; i < count; ++i)
      if (trie::verify_slot(given.root, given.slots[i], given.proofs[i]).value_or(0) != given.values[i])
        give_up("a proof does not show its value");
    alone.push_back(cpu_seconds() - begin);
    begin = cpu_seconds();
    const auto shown = trie::verify_slots(claims);
    batch.push_back(cpu_seconds() - begin);
    for (std::size_t i = 0; i < count; ++i)
      if (shown[i].value_or(0) != given.values[i]) give_up("a batch does not show a value");
  }
  const auto per_second = [&](double seconds) { return static_cast<double>(count) / seconds; };
  const auto nodes = given.count([](const auto& proof) { return proof.size(); });
  const auto bytes = given.count([](const auto& proof) {
    std::size_t sum = 0;
    for (const auto& node : proof) sum += node.size();
    return sum;
  });
  nlohmann::ordered_json out;
  out["proofs"] = count;
  out["nodes_per_proof"] = static_cast<double>(nodes) / static_cast<double>(count);
  out["bytes_per_proof"] = static_cast<double>(bytes) / static_cast<double>(count);
  out["one_by_one_per_second"] = {{"median", per_second(median(alone))}, {"best", per_second(lowest(alone))}};
  out["batch_per_second"] = {{"median", per_second(median(batch))}, {"best", per_second(lowest(batch))}};
  std::printf("%s\n", out.dump().c_str());
  return 0;
}
