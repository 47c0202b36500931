#include "adapters/transport/hint_talk.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/transport/head_hints.hpp"

namespace lockstep::transport {
namespace {

using Step = HintTalk::Step;

const std::string anchor = "0x" + std::string(64, 'a');

std::string answer(int id, const std::string& result) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + result + "}";
}
std::string block_0(const std::string& hash) { return answer(2, R"({"hash":")" + hash + R"("})"); }
std::string notice(const std::string& subscription) {
  return R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")" + subscription +
         R"(","result":{"number":"0x5"}}})";
}

HintTalk subscribed() {
  HintTalk talk(0x7a69, anchor);
  EXPECT_EQ(Step::wait, talk.take(answer(1, R"("0x7a69")")));
  EXPECT_EQ(Step::send, talk.take(block_0(anchor)));
  EXPECT_EQ(Step::subscribed, talk.take(answer(3, R"("0xc0ffee")")));
  return talk;
}

TEST(HintTalk, AsksForTheChainThenForHeadsAndTakesEveryNoticeForAHint) {
  std::vector<std::string> methods;
  for (const auto& text : HintTalk::opening()) methods.push_back(nlohmann::json::parse(text)["method"]);
  EXPECT_EQ((std::vector<std::string>{"eth_chainId", "eth_getBlockByNumber"}), methods);
  EXPECT_EQ("eth_subscribe", nlohmann::json::parse(HintTalk::subscription())["method"]);
  auto talk = subscribed();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Step::hint, talk.take(notice("0xc0ffee")));
}

TEST(HintTalk, TakesTheTwoProofsInAnyOrder) {
  HintTalk talk(1, anchor);
  EXPECT_EQ(Step::wait, talk.take(block_0(anchor)));
  EXPECT_EQ(Step::send, talk.take(answer(1, R"("0x1")")));
}

TEST(HintTalk, EndsWhereTheChainIsAnother) {
  HintTalk id(1, anchor);
  EXPECT_EQ(Step::end, id.take(answer(1, R"("0x2")")));
  EXPECT_EQ("wrong chain: another chain id", id.why());
  HintTalk number(1, anchor);
  EXPECT_EQ(Step::end, number.take(answer(1, "1"))) << "a quantity is a string";
  HintTalk block(1, anchor);
  EXPECT_EQ(Step::end, block.take(block_0("0x" + std::string(64, 'b'))));
  EXPECT_EQ("wrong chain: another block 0", block.why());
  HintTalk none(1, anchor);
  EXPECT_EQ(Step::end, none.take(answer(2, "null")));
}

TEST(HintTalk, EndsWhereNothingCanBeSubscribed) {
  HintTalk talk(1, anchor);
  talk.take(answer(1, R"("0x1")"));
  talk.take(block_0(anchor));
  EXPECT_EQ(Step::end, talk.take(R"({"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no such method"}})"));
  EXPECT_EQ("it gives no subscription", talk.why());
}

TEST(HintTalk, GivesNoHintForWhatIsNoneAndEndsWhenThereIsMoreOfIt) {
  HintTalk early(1, anchor);
  EXPECT_EQ(Step::wait, early.take(notice("0xc0ffee"))) << "nothing was subscribed";
  EXPECT_EQ(Step::wait, early.take(answer(3, R"("0xc0ffee")"))) << "nothing was asked";
  EXPECT_EQ(Step::wait, early.take(notice("0xc0ffee")));
  for (const auto& stranger : {notice("0xbad"), answer(1, R"("0x7a69")"), std::string("[]"), std::string("7")}) {
    auto talk = subscribed();
    for (int i = 0; i < 16; ++i) ASSERT_EQ(Step::wait, talk.take(stranger)) << stranger;
    EXPECT_EQ(Step::hint, talk.take(notice("0xc0ffee")));
    EXPECT_EQ(Step::end, talk.take(stranger)) << stranger;
  }
}

TEST(HintTalk, EndsAtWhatCannotBeRead) {
  auto text = subscribed();
  EXPECT_EQ(Step::end, text.take("hello"));
  auto deep = subscribed();
  EXPECT_EQ(Step::end, deep.take(std::string(10'000, '[')));
  EXPECT_EQ("a message nests too deep", deep.why());
}

TEST(WsUrl, IsTakenApart) {
  const auto parts = [](const std::string& text) {
    WsUrl url;
    if (!parse_ws_url(text, url)) return std::string("none");
    return std::string(url.tls ? "tls " : "") + url.host + " " + url.port + " " + url.target;
  };
  EXPECT_EQ("127.0.0.1 8546 /", parts("ws://127.0.0.1:8546"));
  EXPECT_EQ("tls node.example 443 /v2/key?x=1", parts("wss://node.example/v2/key?x=1"));
  EXPECT_EQ("node.example 80 /?x=1", parts("ws://node.example?x=1"));
  EXPECT_EQ("::1 8546 /a", parts("ws://[::1]:8546/a"));
  for (const auto* bad :
       {"http://a", "ws://", "ws://:1", "ws://a:port", "ws://a:123456", "ws://u@a", "ws://[::1", "ws://[::1]x"})
    EXPECT_EQ("none", parts(bad)) << bad;
}

}  // namespace
}  // namespace lockstep::transport
