// One way to read all logs of a contract, timed; backfill.mjs runs the ways in turns on one node and compares.
//   backfill_bench WAY URL CHAIN_ID ADDRESS FROM TO
//   WAY: node-logs | node-receipts | node-raw | lockstep | raw | agreed
// node-*: bytes only, nothing looked at: what the node itself can serve; lockstep: proved by receipts; raw: by receipts
// as the trie has them; agreed: as K endpoints say, where K is 1. Prints { way, logs, bytes, seconds, cpu_seconds,
// peak_mib, sum }.
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/log_reader.hpp"

namespace {

using namespace lockstep;
using Clock = std::chrono::steady_clock;

constexpr std::size_t in_flight = 4;

struct Found {
  std::uint64_t logs = 0, bytes = 0;
  Uint256 sum = 0;
};

[[noreturn]] void die(const std::string& why) {
  std::cerr << "backfill_bench: " << why << "\n";
  std::exit(1);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Found node_serves(evm::EndpointPool& pool, const std::string& way, const std::string& address, std::uint64_t from,
                  std::uint64_t to) {
  std::vector<evm::EndpointPool::Request> requests;
  for (auto num = from; num <= to; ++num) {
    const auto block = to_quantity(Uint256(num));
    if (way == "node-logs")
      requests.push_back(
          {.calls = {{"eth_getLogs", {{{"fromBlock", block}, {"toBlock", block}, {"address", address}}}}}});
    else
      requests.push_back({.calls = {{way == "node-raw" ? "debug_getRawReceipts" : "eth_getBlockReceipts", {block}}}});
  }
  Found found;
  const auto done = pool.fetch(requests, in_flight, [&](std::size_t, std::string& body, std::size_t) {
    found.bytes += body.size();
    return evm::EndpointPool::Verdict{};
  });
  if (!done) die(to_text(done.error()));
  return found;
}

Found lockstep_reads(evm::EndpointPool& pool, const settings::ChainConfig& config, const Address& address,
                     std::uint64_t from, std::uint64_t to) {
  const auto event = evm::abi::parse_event("Sprayed(uint256 indexed i, address indexed by, uint256 value)");
  if (!event) die(event.error().text());
  const auto final = evm::agreed_header(pool, to, true);
  if (!final) die(final.error().text());
  evm::LogReader reader(pool, config);
  Found found;
  while (from <= to) {
    const auto page = reader.read(from, *final, {address});
    if (!page) die(page.error().text());
    for (const auto& log : page->logs) {
      const auto values = evm::abi::decode_log(*event, log.topics, log.data);
      if (!values) die(values.error().text());
      found.sum += values->at(2).word;
    }
    found.logs += page->logs.size();
    from = page->upto.num + 1;
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) die("usage: backfill_bench WAY URL CHAIN_ID ADDRESS FROM TO");
  const std::string way = argv[1], address = argv[4];
  settings::ChainConfig config;
  config.id = "bench";
  config.chain_id = std::strtoull(argv[3], nullptr, 10);
  const auto from = std::strtoull(argv[5], nullptr, 10), to = std::strtoull(argv[6], nullptr, 10);
  evm::EndpointPool pool({{"node", argv[2]}}, {.chain_id = config.chain_id, .timeout_ms = 60'000});
  if (!pool.connect()) die(pool.status()[0].last_error);
  const auto began = Clock::now();
  config.receipts = way == "agreed" ? settings::Receipts::agreed
                    : way == "raw"  ? settings::Receipts::raw
                                    : settings::Receipts::proved;
  const auto found = !way.starts_with("node-")
                         ? lockstep_reads(pool, config, fixed_from_hex<Address>(address).value(), from, to)
                         : node_serves(pool, way, address, from, to);
  const std::chrono::duration<double> took = Clock::now() - began;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << nlohmann::json{{"way", way},
                              {"logs", found.logs},
                              {"bytes", found.bytes},
                              {"seconds", took.count()},
                              {"cpu_seconds", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)},
                              {"peak_mib", usage.ru_maxrss / 1024},
                              {"sum", to_decimal(found.sum)}}
                   .dump()
            << std::endl;
}
