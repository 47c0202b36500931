// Reads one chain through R endpoints as the adapter does, and says on stdout what it takes for true: one JSON object a
// line. A test tool: the set-up is one JSON object on stdin; it ends when stdin does, or at `until` if that is given.
#include <poll.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "adapters/evm/follower.hpp"
#include "adapters/evm/log_reader.hpp"

namespace {

using nlohmann::json;
using namespace lockstep;

class Reader {
 public:
  explicit Reader(const json& setup)
      : pool_(endpoints(setup), options(setup)),
        config_(config(setup)),
        follower_(pool_, config_),
        logs_(pool_, config_),
        addresses_{fixed_from_hex<Address>(setup.at("address").get<std::string>()).value()},
        next_(setup.value("from", std::uint64_t{0})),
        until_(setup.value("until", UINT64_MAX)) {
    for (const auto& topic : setup.value("heads_with", json::array()))
      heads_with_.push_back(fixed_from_hex<Hash32>(topic.get<std::string>()).value());
  }

  /// False when everything up to `until` was told.
  bool step() {
    const auto trouble = learn();
    say({{"poll", ++polls_}, {"trouble", trouble}, {"endpoints", endpoints_now()}});
    return next_ <= until_;
  }
  void rest() { pool_.rest(transport::EndpointPool::Clock::now() + std::chrono::milliseconds(10)); }

 private:
  static std::vector<transport::EndpointUrl> endpoints(const json& setup) {
    std::vector<transport::EndpointUrl> list;
    for (const auto& url : setup.at("urls")) list.push_back({"e" + std::to_string(list.size()), url});
    return list;
  }
  static transport::PoolOptions options(const json& setup) {
    return {.chain_id = setup.at("chain_id"),
            .quorum = setup.at("quorum"),
            .timeout_ms = setup.value("timeout_ms", 5000U),
            .backoff_min_ms = 20,
            .backoff_max_ms = 200,
            .distrust_min_ms = 50,
            .distrust_max_ms = 500,
            .response_cap = setup.value("response_cap", transport::max_response_bytes)};
  }
  static settings::ChainConfig config(const json& setup) {
    settings::ChainConfig config;
    config.id = "read";
    config.chain_id = setup.at("chain_id");
    config.rpc_quorum = setup.at("quorum");
    config.finality = settings::FinalityTag::finalized;
    const auto receipts = setup.value("receipts", "proved");
    config.receipts = receipts == "agreed" ? settings::Receipts::agreed
                      : receipts == "raw"  ? settings::Receipts::raw
                                           : settings::Receipts::proved;
    config.logs_range = setup.value("logs_range", 2000U);
    return config;
  }

  /// Why nothing more was learned; empty if all that is final was read.
  std::string learn() {
    if (!pool_.connect()) return "too few endpoints are up";
    const auto progress = follower_.poll();
    if (!progress) return progress.error().text();
    if (progress->violation) say({{"violation", to_hex(progress->violation->now.hash)}});
    if (progress->retracted_from) heads_told_ = std::min(heads_told_, *progress->retracted_from - 1);
    if (const auto trouble = heads_with_.empty() ? "" : learn_heads(); !trouble.empty()) return trouble;
    const auto& final = follower_.final();
    if (!final) return progress->note.empty() ? "nothing is final" : progress->note;
    if (progress->new_final) say({{"final", final->num}, {"hash", to_hex(final->hash)}});
    if (progress->new_final || !state_told_) {
      const auto state = evm::agreed_all(pool_, {evm::call_at(addresses_[0], {}, final->hash)});
      const auto value = state ? evm::as_bytes((*state)[0]) : Result<Bytes>(std::unexpected(state.error()));
      if (!value) return value.error().text();
      say({{"state", to_hex(BytesView(*value))}, {"at", final->num}});
      state_told_ = true;
    }
    while (next_ <= std::min(final->num, until_)) {
      const auto page = logs_.read(next_, *final, addresses_);
      if (!page) return page.error().text();
      next_ = page->upto.num + 1;
      say({{"logs", listed(page->logs)}, {"upto", page->upto.num}});
    }
    return progress->note;
  }

  /// The logs of head blocks that may hold one of the topics.
  std::string learn_heads() {
    const auto& window = follower_.window();
    std::vector<evm::Header> blocks;
    for (auto num = std::max(heads_told_ + 1, window.lowest().num); num <= window.head().num; ++num)
      blocks.push_back(*window.at(num));
    if (blocks.empty()) return "";
    const auto found = logs_.read_blocks(blocks, addresses_, heads_with_, evm::LogReader::Clock::time_point::max());
    if (!found) return found.error().text();
    heads_told_ = blocks.back().num;
    say({{"head_logs", listed(**found)}, {"upto", heads_told_}, {"hash", to_hex(blocks.back().hash)}});
    return "";
  }

  static json listed(const std::vector<evm::Log>& logs) {
    json list = json::array();
    for (const auto& log : logs) {
      json topics = json::array();
      for (const auto& topic : log.topics) topics.push_back(to_hex(topic));
      list.push_back({{"block", log.block_num},
                      {"hash", to_hex(log.block_hash)},
                      {"index", log.index},
                      {"txn_index", log.txn_index},
                      {"topics", topics},
                      {"data", to_hex(BytesView(log.data))}});
    }
    return list;
  }

  json endpoints_now() const {
    json list = json::array();
    for (const auto& status : pool_.status()) {
      list.push_back({{"up", status.up}, {"error", status.last_error}, {"disagreements", status.disagreements}});
    }
    return list;
  }

  static void say(const json& line) { std::cout << line.dump() << std::endl; }

  evm::EndpointPool pool_;
  settings::ChainConfig config_;
  evm::Follower follower_;
  evm::LogReader logs_;
  std::vector<Address> addresses_;
  std::vector<Hash32> heads_with_;
  std::uint64_t next_, until_, polls_ = 0, heads_told_ = 0;
  bool state_told_ = false;
};

bool stdin_ended() {
  pollfd in{0, POLLIN, 0};
  char byte = 0;
  return ::poll(&in, 1, 0) > 0 && ::read(0, &byte, 1) <= 0;
}

}  // namespace

int main() {
  std::string line;
  for (char byte = 0; ::read(0, &byte, 1) == 1 && byte != '\n';) line.push_back(byte);
  Reader reader(json::parse(line));
  while (reader.step() && !stdin_ended()) reader.rest();
}
