#include "adapters/transport/json_rpc.hpp"

#include <gtest/gtest.h>

namespace lockstep::transport {
namespace {

TEST(JsonRpc, GivesCallsConsecutiveIds) {
  const std::vector<RpcCall> calls{{"eth_chainId"}, {"eth_getBlockByNumber", {"latest", false}}};
  EXPECT_EQ(nlohmann::json::parse(encode_batch(calls, 7)),
            nlohmann::json::parse(R"([{"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]},
                                      {"jsonrpc":"2.0","id":8,"method":"eth_getBlockByNumber","params":["latest",false]}])"));
}

TEST(JsonRpc, OneCallIsNoBatch) {
  EXPECT_EQ(nlohmann::json::parse(encode_call({"eth_chainId"}, 7)),
            nlohmann::json::parse(R"({"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]})"));
  EXPECT_EQ("0x1", decode_call(R"({"jsonrpc":"2.0","id":7,"result":"0x1"})", 7).value());
  const auto refused = decode_call(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no"}})", 7);
  EXPECT_EQ(FailureKind::rpc, refused.error().kind);
  EXPECT_EQ("no", refused.error().detail);
  EXPECT_EQ(
      FailureKind::rpc,
      decode_call(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}})", 7).error().kind);
  for (const auto* bad :
       {"", "7", "[]", R"([{"jsonrpc":"2.0","id":7,"result":1}])", R"({"jsonrpc":"2.0","id":8,"result":1})",
        R"({"jsonrpc":"2.0","result":1})", R"({"jsonrpc":"2.0","id":7})", R"({"id":7,"result":1})",
        R"({"jsonrpc":"2.0","id":null,"result":1})", R"({"jsonrpc":"2.0","id":7,"error":7})",
        R"({"jsonrpc":"2.0","id":7,"result":1,"error":{"code":1,"message":"x"}})"})
    EXPECT_EQ(FailureKind::malformed, decode_call(bad, 7).error().kind) << bad;
  EXPECT_EQ(FailureKind::malformed, decode_call(std::string(10'000, '['), 7).error().kind);
}

TEST(JsonRpc, MatchesAnswersByIdInAnyOrder) {
  const auto answers =
      decode_batch(R"([{"jsonrpc":"2.0","id":8,"result":null},{"jsonrpc":"2.0","id":7,"result":"0x1"}])", 2, 7);
  ASSERT_TRUE(answers.has_value());
  EXPECT_EQ("0x1", (*answers)[0].value());
  EXPECT_TRUE((*answers)[1].value().is_null());
}

TEST(JsonRpc, KeepsTheErrorOfOneCallToThatCall) {
  const auto answers = decode_batch(
      R"([{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0x08c379a0"}},{"jsonrpc":"2.0","id":2,"result":1}])",
      2, 1);
  ASSERT_TRUE(answers.has_value());
  const auto& error = (*answers)[0].error();
  EXPECT_EQ(FailureKind::rpc, error.kind);
  EXPECT_EQ(3, error.code);
  EXPECT_EQ("0x08c379a0", error.data);
  EXPECT_EQ("rpc error 3: execution reverted", to_text(error));
  EXPECT_TRUE((*answers)[1].has_value());
}

TEST(JsonRpc, ReportsTheRefusalOfAWholeBatch) {
  const auto answers =
      decode_batch(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}})", 2, 1);
  ASSERT_FALSE(answers.has_value());
  EXPECT_EQ("rpc error -32600: batch too large", to_text(answers.error()));
}

struct Malformed {
  const char* body;
  const char* why;
};

class JsonRpcMalformed : public ::testing::TestWithParam<Malformed> {};

TEST_P(JsonRpcMalformed, IsRefusedAsAWhole) {
  const auto answers = decode_batch(GetParam().body, 2, 5);
  ASSERT_FALSE(answers.has_value());
  EXPECT_EQ(FailureKind::malformed, answers.error().kind);
  EXPECT_EQ(GetParam().why, answers.error().detail);
}

INSTANTIATE_TEST_SUITE_P(
    All, JsonRpcMalformed,
    ::testing::Values(
        Malformed{"<html>502</html>", "not JSON"}, Malformed{"", "not JSON"},
        Malformed{R"({"jsonrpc":"2.0","id":5,"result":1})", "not a batch"},
        Malformed{R"([{"jsonrpc":"2.0","id":5,"result":1}])", "1 answers to 2 calls"},
        Malformed{R"([{"jsonrpc":"2.0","id":5,"result":1},{"jsonrpc":"2.0","id":7,"result":1}])",
                  "an id that was not asked for"},
        Malformed{R"([{"jsonrpc":"2.0","id":5,"result":1},{"jsonrpc":"2.0","id":4,"result":1}])",
                  "an id that was not asked for"},
        Malformed{R"([{"jsonrpc":"2.0","id":5,"result":1},{"jsonrpc":"2.0","id":5,"result":2}])",
                  "an id answered twice"},
        Malformed{R"([{"jsonrpc":"2.0","id":"5","result":1},{"jsonrpc":"2.0","id":6,"result":1}])",
                  "a member without a numeric id"},
        Malformed{R"([{"id":5,"result":1},{"jsonrpc":"2.0","id":6,"result":1}])", "a member is not JSON-RPC 2.0"},
        Malformed{R"([{"jsonrpc":"2.0","id":5},{"jsonrpc":"2.0","id":6,"result":1}])",
                  "not exactly one of result and error"},
        Malformed{
            R"([{"jsonrpc":"2.0","id":5,"result":1,"error":{"code":1,"message":""}},{"jsonrpc":"2.0","id":6,"result":1}])",
            "not exactly one of result and error"},
        Malformed{R"([{"jsonrpc":"2.0","id":5,"error":{"message":"no code"}},{"jsonrpc":"2.0","id":6,"result":1}])",
                  "error without code and message"}));

TEST(JsonRpc, RefusesWhatWouldOverflowTheStackOfAReader) {
  const auto reply = [](std::size_t depth) {
    return R"([{"jsonrpc":"2.0","id":1,"result":)" + std::string(depth, '[') + std::string(depth, ']') + "}]";
  };
  EXPECT_TRUE(decode_batch(reply(62), 1, 1)) << "the batch and its member are two more";
  EXPECT_FALSE(decode_batch(reply(63), 1, 1));
  EXPECT_EQ(decode_batch(reply(4'000'000), 1, 1).error().kind, FailureKind::malformed);
  EXPECT_TRUE(decode_batch(R"([{"jsonrpc":"2.0","id":1,"result":"\"[[[" }])", 1, 1)) << "brackets in strings are text";
}

TEST(JsonRpc, CutsALongMessageBetweenCharacters) {
  const auto detail = [](std::size_t ascii) {
    const auto body =
        R"([{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":")" + std::string(ascii, 'a') + "éééééé\"}}]";
    return decode_batch(body, 1, 1)->front().error().detail;
  };
  for (std::size_t ascii = 285; ascii < 305; ++ascii) {
    EXPECT_LE(detail(ascii).size(), 300U);
    EXPECT_NO_THROW(static_cast<void>(nlohmann::json(detail(ascii)).dump())) << ascii;
  }
}

}  // namespace
}  // namespace lockstep::transport
