// Keccak-256 on the sizes that matter (a storage key, a branch node of a trie, a page), one message after the other and
// in batches: every path that runs here against OpenSSL's SHA3-256, which is the same permutation with another padding,
// in short turns one after the other, so that whatever else the machine does falls on all of them alike.
//   keccak_bench [ROUNDS]
// Prints one JSON document; ratios are of medians.
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/keccak256.hpp"
#include "contestants.hpp"

namespace {

using lockstep::BytesView;
using lockstep::Hash32;
using lockstep::KeccakPath;
using lockstep::bench::Contestant;
using lockstep::bench::give_up;
using lockstep::bench::take_turns;

constexpr std::size_t count = 64;  // messages a turn

/// SHA3-256 as OpenSSL does it best: algorithm and context made once.
class OpenSsl {
 public:
  OpenSsl()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA3-256", nullptr), EVP_MD_free),
        context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!algorithm_ || !context_) give_up("OpenSSL has no SHA3-256");
  }
  void hash(BytesView message, Hash32& hash) {
    if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context_.get(), message.data(), message.size()) != 1 ||
        EVP_DigestFinal_ex(context_.get(), hash.bytes.data(), nullptr) != 1)
      give_up("OpenSSL failed");
  }

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

nlohmann::ordered_json measure(std::size_t size, int rounds) {
  const std::vector<lockstep::Bytes> messages(count, lockstep::Bytes(size, 0xa5));
  const std::vector<BytesView> views(messages.begin(), messages.end());
  std::vector<Hash32> hashes(count);
  OpenSsl openssl;
  std::vector<Contestant> contestants;
  contestants.push_back({"openssl_sha3", [&] {
                           for (std::size_t i = 0; i < count; ++i) openssl.hash(views[i], hashes[i]);
                         }});
  const std::pair<KeccakPath, std::string> paths[] = {{KeccakPath::portable, "portable"},
                                                      {KeccakPath::bmi2, "bmi2"},
                                                      {KeccakPath::avx2, "avx2"},
                                                      {KeccakPath::avx512, "avx512"}};
  for (const auto& [path, name] : paths) {
    if (!lockstep::runs_here(path)) continue;
    if (path != KeccakPath::avx2) {  // which hashes one message as bmi2 does
      contestants.push_back({name, [&, path = path] {
                               for (std::size_t i = 0; i < count; ++i) hashes[i] = lockstep::keccak256(views[i], path);
                             }});
    }
    if (path == KeccakPath::avx2 || path == KeccakPath::avx512)
      contestants.push_back({name + "_batch", [&, path = path] { lockstep::keccak256(views, hashes, path); }});
  }
  take_turns(contestants, rounds);
  nlohmann::ordered_json out;
  const double base = contestants.front().median();
  for (auto& one : contestants) {
    const double median = one.median();
    out[one.name] = {{"ns_per_message", median * 1e9 / count}, {"ratio_to_openssl", base / median}};
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (rounds < 1 || argc > 2) give_up("usage: keccak_bench [ROUNDS]");
  nlohmann::ordered_json out;
  out["schema"] = "lockstep.keccak-bench/1";
  out["rounds"] = rounds;
  for (const std::size_t size : {32, 66, 532, 4096}) out["bytes"][std::to_string(size)] = measure(size, rounds);
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}
