#include "adapters/evm/log_reader.hpp"

#include <gtest/gtest.h>

#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;
using tests::FakeChain;
using tests::FakeServer;

Address address(std::uint8_t first) {
  Address value;
  value.bytes[0] = first;
  return value;
}

const Address ours = address(1), stranger = address(2);

Log log_of(const Address& from, std::uint8_t data) {
  Log log;
  log.address = from;
  log.topics.resize(2);
  log.topics[1].bytes[5] = data;
  log.data = {data};
  return log;
}

Receipt receipt_of(std::uint8_t name, std::uint8_t type, std::vector<Log> logs) {
  Receipt receipt{.type = type, .outcome = {1}, .cumulative_gas = 21'000, .bloom = {}, .logs = std::move(logs)};
  for (const auto& log : receipt.logs) {
    BloomKey(log.address.view()).add_to(receipt.bloom);
    for (const auto& topic : log.topics) BloomKey(topic.view()).add_to(receipt.bloom);
  }
  receipt.txn.bytes[0] = name;
  return receipt;
}

/// Block 5 has logs of ours and of a stranger, block 6 only a stranger's, block 9 one of ours; the rest has none.
void fill(FakeChain& chain) {
  chain.extend(4);
  chain.extend_with({receipt_of(1, 0, {log_of(stranger, 1), log_of(ours, 2)}), receipt_of(2, 2, {}),
                     receipt_of(3, 2, {log_of(ours, 3)})});
  chain.extend_with({receipt_of(4, 1, {log_of(stranger, 4)})});
  chain.extend(2);
  chain.extend_with({receipt_of(5, 2, {log_of(ours, 5)})});
  chain.extend(2);
  chain.finalise(11);
}

using settings::Receipts;

settings::ChainConfig config(Receipts receipts = Receipts::proved) {
  settings::ChainConfig config;
  config.id = "fake";
  config.chain_id = 1;
  config.receipts = receipts;
  return config;
}

/// A node that tells `change` of what it would have answered.
struct Node {
  using Change = std::function<json(const std::string& method, const json& params, json answer)>;
  FakeChain chain;
  Change change;
  std::atomic<int> receipts_asked{0}, raw_asked{0};
  FakeServer server{[this](const std::string& body) {
    auto reply = chain.handler()(body);
    auto asked = json::parse(body), answered = json::parse(reply.body);
    const bool batch = asked.is_array();
    if (!batch) asked = json::array({asked}), answered = json::array({answered});
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (asked[i]["method"] == "eth_getBlockReceipts") receipts_asked++;
      if (asked[i]["method"] == "debug_getRawReceipts") raw_asked++;
      if (!change || !answered[i].contains("result")) continue;
      auto told = change(asked[i]["method"], asked[i]["params"], answered[i]["result"]);
      if (told == "silence") return FakeServer::Reply{.silent = true};
      if (told.is_object() && told.contains("fail")) {
        answered[i].erase("result");
        answered[i]["error"] = told["fail"];
      } else {
        answered[i]["result"] = std::move(told);
      }
    }
    return FakeServer::Reply{.body = batch ? answered.dump() : answered[0].dump()};
  }};
  explicit Node(Change how = {}) : change(std::move(how)) { fill(chain); }
};

struct Reading {
  EndpointPool pool;
  LogReader reader;
  Header final;

  Reading(const std::vector<Node*>& nodes, std::uint32_t quorum, Receipts receipts = Receipts::proved,
          std::uint32_t timeout_ms = 5000)
      : pool(urls(nodes), {.chain_id = 1,
                           .quorum = quorum,
                           .timeout_ms = timeout_ms,
                           .backoff_min_ms = 1,
                           .backoff_max_ms = 1,
                           .distrust_min_ms = 60'000}),
        reader(pool, config(receipts)) {
    while (std::ranges::any_of(pool.status(), [](const auto& status) { return !status.up; })) {
      pool.connect();
      pool.rest(EndpointPool::Clock::now() + std::chrono::milliseconds(5));
    }
    const auto header = agreed_header(pool, 11, true);
    EXPECT_TRUE(header.has_value()) << header.error().text();
    final = header.value_or(Header{});
  }
  static std::vector<transport::EndpointUrl> urls(const std::vector<Node*>& nodes) {
    std::vector<transport::EndpointUrl> list;
    for (const auto* node : nodes) list.push_back({"n" + std::to_string(list.size()), node->server.url()});
    return list;
  }
  /// What is told is true whoever is asked; which of two quick endpoints that is, their latencies decide.
  void ask_the_first_one() {
    for (int i = 0; i < 1000 && pool.status()[0].disagreements == 0; ++i) {
      pool.each({{"eth_chainId"}});  // one slow answer is forgotten by and by
      pool.prefer(0);
      reader.forget();
      EXPECT_EQ("5:1:0=2 5:2:2=3 9:0:0=5 ", told());
    }
  }
  /// "block:index:transaction=data" of each, up to the final block; or the refusal.
  std::string told() {
    std::string text;
    for (std::uint64_t next = 2; next <= final.num;) {
      const auto page = reader.read(next, final, {ours});
      if (!page) return page.error().text();
      for (const auto& log : page->logs) {
        text += std::to_string(log.block_num) + ":" + std::to_string(log.index) + ":" + std::to_string(log.txn_index) +
                "=" + std::to_string(log.data.at(0)) + " ";
      }
      next = page->upto.num + 1;
    }
    return text;
  }
};

constexpr const char* truth = "5:1:0=2 5:2:2=3 9:0:0=5 ";

json without_logs(const std::string& method, const json&, json answer) {
  if (method != "eth_getBlockReceipts") return answer;
  answer.back()["logs"] = json::array();
  return answer;
}

TEST(LogReader, TakesFromReceiptsWhatIsOursAndAsksOnlyForBlocksThatMayHaveIt) {
  Node node;
  Reading reading({&node}, 1);
  EXPECT_EQ(truth, reading.told());
  EXPECT_EQ(2, node.receipts_asked) << "blocks 5 and 9; the filters of all others exclude us";
}

TEST(LogReader, SeesALogThatWasLeftOutNamesTheEndpointAndAsksTheNext) {
  Node liar(without_logs), honest;
  Reading reading({&liar, &honest}, 1);
  reading.ask_the_first_one();
  const auto& status = reading.pool.status()[0];
  EXPECT_FALSE(status.up);
  EXPECT_LE(1U, status.disagreements);  // two requests were under way
  const auto evidence = reading.pool.take_evidence();
  ASSERT_LE(1U, evidence.size());
  EXPECT_EQ("n0", evidence[0].endpoint);
  EXPECT_EQ("eth_getBlockReceipts", evidence[0].method);
  EXPECT_NE(std::string::npos, evidence[0].detail.find("a log is missing, added or changed")) << evidence[0].detail;
}

TEST(LogReader, TakesNothingWhereEveryEndpointLeavesALogOut) {
  Node a(without_logs), b(without_logs);
  Reading reading({&a, &b}, 1);
  const auto told = reading.told();
  EXPECT_NE(std::string::npos, told.find("set receipts = \"agreed\"")) << told;
}

TEST(LogReader, AsksForReceiptsOneByOneWhereABlocksReceiptsCannotBeHad) {
  Node node([](const std::string& method, const json&, json answer) -> json {
    if (method == "eth_getBlockReceipts") return {{"fail", {{"code", -32601}, {"message", "Method not found"}}}};
    return answer;
  });
  Reading reading({&node}, 1);
  EXPECT_EQ(truth, reading.told());
  EXPECT_EQ(truth, (reading.reader.forget(), reading.told()));
  EXPECT_GE(2, node.receipts_asked) << "once it is known that nobody has them, nobody is asked again";
}

TEST(LogReader, TakesTheSameFromRawReceipts) {
  Node node;
  Reading usual({&node}, 1), raw({&node}, 1, Receipts::raw);
  const auto a = usual.reader.read(2, usual.final, {ours, stranger}),
             b = raw.reader.read(2, raw.final, {ours, stranger});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(5U, a->logs.size());
  EXPECT_EQ(a->logs, b->logs) << "their places and transactions, too";
  EXPECT_EQ(3, node.raw_asked);
  EXPECT_EQ(3, node.receipts_asked) << "by the other reader";
}

TEST(LogReader, AsksForRawReceiptsNoMoreWhereNobodyKnowsThem) {
  Node node([](const std::string& method, const json&, json answer) -> json {
    if (method == "debug_getRawReceipts") return {{"fail", {{"code", -32601}, {"message", "Method not found"}}}};
    return answer;
  });
  Reading reading({&node}, 1, Receipts::raw);
  EXPECT_EQ(truth, reading.told());
  EXPECT_EQ(truth, (reading.reader.forget(), reading.told()));
  EXPECT_EQ(2, node.raw_asked);
  EXPECT_EQ(4, node.receipts_asked);
}

/// Raw receipts with one byte of the last one changed.
json one_byte_off(const std::string& method, const json&, json answer) {
  if (method != "debug_getRawReceipts") return answer;
  auto text = answer.back().get<std::string>();
  text.back() = text.back() == '0' ? '1' : '0';
  answer.back() = text;
  return answer;
}

TEST(LogReader, DoesNotBelieveRawReceiptsThatAreNotWhatTheHeaderSays) {
  Node node(one_byte_off);
  Reading reading({&node}, 1, Receipts::raw);
  EXPECT_EQ(truth, reading.told());
  EXPECT_EQ(2, node.receipts_asked);
  EXPECT_TRUE(reading.pool.status()[0].up) << "a chain may have another form for them";

  Node liar([](const std::string& method, const json& params, json answer) {
    return one_byte_off(method, params, without_logs(method, params, std::move(answer)));
  });
  Reading deceived({&liar}, 1, Receipts::raw);
  const auto told = deceived.told();
  EXPECT_NE(std::string::npos, told.find("a log is missing, added or changed")) << told;
}

TEST(LogReader, ReadsReceiptsInTheUsualFormWhereTheRawOnesAreNoAnswer) {
  const auto gives = [](const json& what) {
    return [what](const std::string& method, const json&, json answer) {
      return method == "debug_getRawReceipts" ? what : answer;
    };
  };
  for (const auto& what : {json::array(), json(nullptr), json{{"fail", {{"code", -32000}, {"message", "busy"}}}}}) {
    Node other(gives(what));
    Reading reading({&other}, 1, Receipts::raw);
    EXPECT_EQ(truth, reading.told()) << what;
    EXPECT_EQ(2, other.receipts_asked) << what;
  }
}

/// What `with` says instead of the receipts of block `num`, as often as `times`.
Node::Change instead_of_block(std::uint64_t num, json with, int times = 1'000'000) {
  FakeChain same;
  fill(same);
  return [hash = same.hash(num), with, times](const std::string& method, const json& params, json answer) mutable {
    return method == "eth_getBlockReceipts" && params[0] == hash && times-- > 0 ? with : answer;
  };
}

TEST(LogReader, ReadsABlockInPiecesThatIsTooLargeAtOnce) {
  Node node(instead_of_block(5, {{"fail", {{"code", -32008}, {"message", "Response is too large"}}}}));
  Reading reading({&node}, 1);
  EXPECT_EQ(truth, reading.told());
  EXPECT_EQ(2, node.receipts_asked);
}

TEST(LogReader, ReadsABlockInPiecesThatIsTooSlowAtOnceAndKeepsTheEndpoint) {
  Node node(instead_of_block(5, "silence"));
  Reading reading({&node}, 1, Receipts::proved, 3000);
  EXPECT_EQ(truth, reading.told());
  EXPECT_TRUE(reading.pool.status()[0].up) << "it answered for block 9 meanwhile";
}

TEST(LogReader, KeepsWhatWasProvedWhenAnotherBlockCannotBeHad) {
  Node node(instead_of_block(9, {{"fail", {{"code", -32000}, {"message", "header not found"}}}}, 1));
  Reading reading({&node}, 1);
  EXPECT_EQ("receipts not readable: malformed answer: receipts of block 9: rpc error -32000: header not found",
            reading.told());
  EXPECT_EQ(truth, reading.told());
  EXPECT_EQ(3, node.receipts_asked) << "block 5 once, block 9 twice";
}

TEST(LogReader, DoesNotWaitForReceiptsLongerThanItMay) {
  Node node;
  Reading reading({&node}, 1);
  unsigned turns = 0;
  while (true) {
    const auto page = reading.reader.read_until(2, reading.final, {ours}, EndpointPool::Clock::now());
    ASSERT_TRUE(page.has_value()) << page.error().text();
    if (*page) {
      EXPECT_EQ(3U, (*page)->logs.size());
      break;
    }
    ++turns;
    reading.pool.rest(EndpointPool::Clock::now() + std::chrono::milliseconds(5));
  }
  EXPECT_GE(turns, 1U) << "the first turn only asks";
  EXPECT_EQ(2, node.receipts_asked);
}

/// 80 more blocks, with a log of ours each: `data` is 0 … 79.
void fill_densely(FakeChain& chain) {
  for (std::uint8_t i = 0; i < 80; ++i) chain.extend_with({receipt_of(i, 2, {log_of(ours, i)})});
  chain.finalise(91);
}

TEST(LogReader, AsksForWhatComesNextWhileAPageIsSeenTo) {
  Node node;
  fill_densely(node.chain);
  Reading reading({&node}, 1);
  reading.final = agreed_header(reading.pool, 91, true).value();
  const auto first = reading.reader.read(2, reading.final, {ours});
  ASSERT_TRUE(first.has_value()) << first.error().text();
  ASSERT_LT(first->upto.num, 91U);
  const auto given = static_cast<int>(first->logs.size()) - 1;  // blocks: one of them has two of ours
  ASSERT_LT(given, 82);
  for (int i = 0; i < 1000 && node.receipts_asked <= given; ++i)
    reading.pool.rest(EndpointPool::Clock::now() + std::chrono::milliseconds(5));
  EXPECT_GT(node.receipts_asked, given);
  std::vector<Log> logs = first->logs;
  for (auto next = first->upto.num + 1; next <= 91;) {
    const auto page = reading.reader.read(next, reading.final, {ours});
    ASSERT_TRUE(page.has_value()) << page.error().text();
    logs.insert(logs.end(), page->logs.begin(), page->logs.end());
    next = page->upto.num + 1;
  }
  ASSERT_EQ(83U, logs.size());
  for (std::size_t i = 3; i < logs.size(); ++i) EXPECT_EQ(i - 3, logs[i].data.at(0)) << "in order";
  EXPECT_EQ(82, node.receipts_asked) << "each block once";
}

TEST(LogReader, GivesWhatLiesBeforeABlockThatCannotBeHad) {
  FakeChain same;
  fill(same);
  fill_densely(same);
  std::atomic<bool> has_it{false};
  std::atomic<int> asked{0};
  Node node([&, hash = same.hash(60)](const std::string& method, const json& params, json answer) -> json {
    if (method != "eth_getBlockReceipts" || params[0] != hash) return answer;
    ++asked;
    if (has_it) return answer;
    return {{"fail", {{"code", -32000}, {"message", "header not found"}}}};
  });
  fill_densely(node.chain);
  Reading reading({&node}, 1);
  reading.final = agreed_header(reading.pool, 91, true).value();
  std::size_t logs = 0, refusals = 0;
  std::uint64_t next = 2;
  while (next <= 91) {
    const auto page = reading.reader.read(next, reading.final, {ours});
    if (!page) {
      EXPECT_GT(next, 60U - 8U) << "all pages below the one it is in";
      EXPECT_LE(next, 60U);
      EXPECT_NE(std::string::npos, page.error().text().find("header not found")) << page.error().text();
      has_it = ++refusals == 3;
      continue;
    }
    logs += page->logs.size();
    next = page->upto.num + 1;
  }
  EXPECT_EQ(3U, refusals);
  EXPECT_EQ(83U, logs);
  EXPECT_EQ(81, node.receipts_asked - asked) << "only the one that failed is asked for again";
}

TEST(LogReader, RefusesAHeaderThatIsNotTheParentOfTheNext) {
  FakeChain other;
  other.extend(4, 9);
  Node liar([&](const std::string& method, const json& params, json answer) -> json {
    if (method == "eth_getBlockByNumber" && params[0] == "0x4")
      return json::parse(
          other.handler()(json::array({{{"id", 1}, {"method", method}, {"params", params}}}).dump()).body)[0]["result"];
    return answer;
  });
  Node honest;
  Reading reading({&liar, &honest}, 1);
  reading.ask_the_first_one();
  EXPECT_EQ("its block 4 is not the parent of block 5", reading.pool.status()[0].last_error);
}

/// Answers eth_getLogs: in each of these blocks ours has so many logs. More than `most` blocks at once are refused.
FakeChain::Method has_logs(FakeChain& chain, std::map<std::uint64_t, std::size_t> logs, std::uint64_t most = 1000) {
  std::map<std::uint64_t, std::string> hashes;
  for (const auto& [num, count] : logs) hashes[num] = chain.hash(num);
  return [logs, hashes, most](const std::string&, const json& params) -> json {
    const auto bound = [&](const char* key) {
      return parse_quantity(params[0].at(key).get<std::string>()).value().convert_to<std::uint64_t>();
    };
    const auto from = bound("fromBlock"), to = bound("toBlock");
    if (to - from + 1 > most) return {{"fail", {{"code", -32005}, {"message", "query exceeds max block range"}}}};
    auto list = json::array();
    for (const auto& [num, count] : logs) {
      for (std::size_t i = 0; num >= from && num <= to && i < count; ++i) {
        list.push_back({{"address", to_hex(ours)},
                        {"topics", json::array()},
                        {"data", "0x07"},
                        {"blockNumber", to_quantity(Uint256(num))},
                        {"blockHash", hashes.at(num)},
                        {"transactionHash", to_hex(Hash32{})},
                        {"transactionIndex", "0x0"},
                        {"logIndex", to_quantity(Uint256(i))},
                        {"removed", false}});
      }
    }
    return list;
  };
}

TEST(LogReader, TakesKEqualListsWhereReceiptsCannotBeRebuiltAndNamesWhoDiffers) {
  Node a, b, stale;
  for (auto* node : {&a, &b}) node->chain.answer("eth_getLogs", has_logs(a.chain, {{5, 1}, {9, 2}}));
  stale.chain.answer("eth_getLogs", has_logs(a.chain, {{9, 2}}));
  Reading reading({&stale, &a, &b}, 2, Receipts::agreed);
  for (int i = 0; i < 1000 && reading.pool.status()[0].disagreements == 0; ++i) {
    reading.pool.each({{"eth_chainId"}});
    reading.pool.prefer(0);
    reading.reader.forget();
    EXPECT_EQ("5:0:0=7 9:0:0=7 9:1:0=7 ", reading.told());
  }
  const auto evidence = reading.pool.take_evidence();
  ASSERT_FALSE(evidence.empty());
  EXPECT_EQ("n0", evidence[0].endpoint);
  EXPECT_NE(std::string::npos, evidence[0].detail.find("2 endpoints gave 1 logs, this one 0")) << evidence[0].detail;
  Reading split({&a, &stale}, 2, Receipts::agreed);
  EXPECT_NE(std::string::npos, split.told().find("fewer than 2 equal answers"));
}

TEST(LogReader, TakesAgreedLogsInRangesOfAsManyBlocksAsEndpointsGive) {
  Node node;
  node.chain.extend(210);
  node.chain.finalise(200);
  std::map<std::uint64_t, std::size_t> logs{{5, 1}};
  for (std::uint64_t num = 12; num <= 200; ++num) logs[num] = num < 90 ? 3 : 200;
  node.chain.answer("eth_getLogs", has_logs(node.chain, logs, 16));
  Reading reading({&node}, 1, Receipts::agreed);
  reading.final = agreed_header(reading.pool, 200, true).value();
  std::uint64_t next = 2, widest = 0, last = 0;
  std::vector<Log> all;
  while (next <= 200) {
    const auto page = reading.reader.read(next, reading.final, {ours});
    ASSERT_TRUE(page.has_value()) << page.error().text();
    last = page->upto.num - next + 1;
    widest = std::max(widest, last);
    next = page->upto.num + 1;
    all.insert(all.end(), page->logs.begin(), page->logs.end());
  }
  std::size_t expected = 0;
  for (const auto& [num, count] : logs) expected += count;
  EXPECT_EQ(expected, all.size());
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, [](const Log& log) { return std::pair(log.block_num, log.index); }));
  EXPECT_GE(widest, 8U) << "where logs are few";
  EXPECT_LE(widest, 16U) << "more are refused";
  EXPECT_LE(last, 6U) << "where they are many";
}

}  // namespace
}  // namespace lockstep::evm
