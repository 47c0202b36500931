#include "runtime/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::runtime::log {
namespace {

std::string in_braces(std::string body) {
  body.insert(body.begin(), '{');
  body.push_back('}');
  return body;
}

TEST(Log, TextAndJsonCarryTheSameFields) {
  EXPECT_EQ(render(Format::text, "evm", "head moved",
                   {{"chain", std::string("alpha")}, {"block", std::uint64_t{7}}, {"dur_s", 0.25}}),
            "evm: head moved chain=alpha block=7 dur_s=0.25");
  const auto json = nlohmann::json::parse(
      in_braces(render(Format::json, "evm", "head moved",
                       {{"chain", std::string("alpha")}, {"block", std::uint64_t{7}}, {"dur_s", 0.25}})));
  EXPECT_EQ(json,
            nlohmann::json::parse(R"({"component":"evm","msg":"head moved","chain":"alpha","block":7,"dur_s":0.25})"));
}

TEST(Log, AFieldCannotBreakOutOfItsLine) {
  EXPECT_EQ(render(Format::text, "c", "m", {{"err", std::string("a \"b\"\nc=d")}}), R"(c: m err="a \"b\"\nc=d")");
  EXPECT_EQ(render(Format::text, "c", "m", {{"err", std::string()}}), R"(c: m err="")");
  const auto broken = in_braces(render(Format::json, "c", "m", {{"err", std::string("\xff\x01\n")}}));
  EXPECT_TRUE(nlohmann::json::accept(broken)) << broken;
}

TEST(Log, UrlsNeverReachALine) {
  EXPECT_EQ(without_urls("connect to https://user:secret@rpc.example/v3/KEY?x=1, then ws://a"),
            "connect to [url], then [url]");
  EXPECT_EQ(without_urls("(http://a)"), "([url])");
  EXPECT_EQ(without_urls("a: b // c"), "a: b // c");
  EXPECT_EQ(render(Format::text, "c", "m", {{"err", std::string("https://k.example/KEY")}}), "c: m err=[url]");
}

TEST(Log, RepeatsAreCountedNotPrinted) {
  configure(Level::info, Format::text);
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) warn("c", "the same");
  info("c", "another");
  write(Level::debug, "c", "not shown");
  const auto lines = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 3) << lines;
  EXPECT_NE(lines.find("warn  c: the same repeated=4\n"), std::string::npos) << lines;
  EXPECT_NE(lines.find("info  c: another\n"), std::string::npos) << lines;
}

}  // namespace
}  // namespace lockstep::runtime::log
