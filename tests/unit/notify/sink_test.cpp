// What goes over the wire to each kind of sink.
#include "adapters/notify/sink.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

namespace lockstep::notify {
namespace {

using nlohmann::json;

Message sample() {
  Message made;
  made.id = "ops-eu-1-42";
  made.incident = "ops-eu-1/ab000000/alarm";
  made.severity = Severity::critical;
  made.title = "plan ab000000: alarm <rollback-red> & \"more\"";
  made.text = "rollback-red: slot 7 differs";
  made.service = "ops-eu-1";
  made.plan = "0xab00";
  made.chain = "alpha";
  made.type = "alarm";
  made.seq = 42;
  made.time_ms = 1'700'000'000'000;
  return made;
}

Sink sink(SinkType type) {
  Sink made;
  made.id = "s";
  made.type = type;
  made.key = settings::Secret{"key"};
  made.from = "lockstep@ops.example";
  made.to = {"a@ops.example", "b@ops.example"};
  return made;
}

TEST(Sink, SlackGetsTextWithItsMarkupEscaped) {
  const auto body = json::parse(posting_of(sink(SinkType::slack), sample(), 0).body);
  EXPECT_EQ(body["text"], "[critical] plan ab000000: alarm &lt;rollback-red&gt; &amp; \"more\"");
}

TEST(Sink, DiscordMayMentionNobody) {
  const auto body = json::parse(posting_of(sink(SinkType::discord), sample(), 0).body);
  EXPECT_EQ(body["content"], "[critical] " + sample().title);
  EXPECT_EQ(body["allowed_mentions"]["parse"], json::array());
}

// https://developer.pagerduty.com/docs/send-alert-event: required members and closed sets of Events API v2.
TEST(Sink, PagerdutyGetsAnEventOfItsVersionTwo) {
  const auto body = json::parse(posting_of(sink(SinkType::pagerduty), sample(), 0).body);
  EXPECT_EQ(body["routing_key"], "key");
  EXPECT_EQ(body["event_action"], "trigger");
  EXPECT_EQ(body["dedup_key"], sample().incident);
  EXPECT_EQ(body["payload"]["summary"], sample().title);
  EXPECT_EQ(body["payload"]["source"], "ops-eu-1");
  EXPECT_EQ(body["payload"]["severity"], "critical");
  EXPECT_EQ(body["payload"]["timestamp"], "2023-11-14T22:13:20Z");
}

// HMAC-SHA256 under "key" of "1700000001.<body>", by OpenSSL's command line:
// printf '%s' "1700000001.$BODY" | openssl dgst -sha256 -hmac key
TEST(Sink, AWebhookIsSigned) {
  Message message;
  message.id = "i";
  const auto posting = posting_of(sink(SinkType::webhook), message, 1'700'000'001);
  EXPECT_EQ(posting.body,
            R"({"chain":"","id":"i","incident":"","plan":"","schema":"lockstep.notification/1","seq":0,"service":"",)"
            R"("severity":"info","text":"","time":"1970-01-01T00:00:00Z","title":"","type":""})");
  ASSERT_EQ(posting.headers.size(), 4U);
  EXPECT_EQ(posting.headers[2],
            "X-Lockstep-Signature: t=1700000001,v1=4dd86e861bd7a32c3731e87ba7b2218fd264a3f275e38c70a188ac2c94db2cc7");
  EXPECT_EQ(posting.headers[3], "Idempotency-Key: i");
}

TEST(Sink, MailIsPlainAsciiWhateverItSays) {
  auto message = sample();
  message.title = "plan ab000000: Prüfung\r\nBcc: x@y";
  message.title.erase(std::remove(message.title.begin(), message.title.end(), '\n'), message.title.end());
  message.text = ".\r\n.starts with a dot, and ü";
  const auto mail = mail_of(sink(SinkType::email), message);
  EXPECT_NE(mail.find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), std::string::npos) << mail;
  EXPECT_NE(mail.find("To: <a@ops.example>, <b@ops.example>\r\n"), std::string::npos);
  EXPECT_NE(mail.find("Message-ID: <ops-eu-1-42@ops.example>\r\n"), std::string::npos);
  EXPECT_NE(mail.find("Subject: =?UTF-8?B?"), std::string::npos) << mail;
  EXPECT_EQ(mail.find("Bcc"), std::string::npos) << "a title makes no header";
  std::size_t line = 0;
  for (std::size_t i = 0; i < mail.size(); ++i) {
    EXPECT_LT(static_cast<unsigned char>(mail[i]), 0x80);
    if (mail[i] == '\n') {
      EXPECT_EQ(mail[i - 1], '\r');
    }
    line = mail[i] == '\n' ? 0 : line + 1;
    EXPECT_LE(line, 79U);
  }
}

settings::SinkConfig webhook(const std::string& url) {
  settings::SinkConfig config;
  config.id = "hook";
  config.type = "webhook";
  config.url = {settings::SecretSource::literal, url, "config.toml:1:1"};
  ::setenv("LOCKSTEP_TEST_HMAC", "canary-hmac", 1);
  config.secret = {settings::SecretSource::env, "LOCKSTEP_TEST_HMAC", "config.toml:2:1"};
  return config;
}

TEST(Sink, ASecretDoesNotCrossANetworkInClear) {
  EXPECT_TRUE(make_sink(webhook("https://hooks.example/x")));
  EXPECT_TRUE(make_sink(webhook("http://127.0.0.1:9/x")));
  for (const char* url :
       {"http://hooks.example/canary-path", "http://127.evil.example/canary-path", "ftp://hooks.example/"}) {
    const auto sink = make_sink(webhook(url));
    ASSERT_FALSE(sink) << url;
    EXPECT_EQ(sink.error().text().find("canary"), std::string::npos) << sink.error().text();
  }
}

TEST(Sink, WhoDoesNotAnswerIsAskedAgainAndNamedNowhere) {
  auto made = make_sink(webhook("http://127.0.0.1:1/canary-path"));
  ASSERT_TRUE(made);
  const auto done = deliver(*made, sample(), 0);
  ASSERT_FALSE(done);
  EXPECT_FALSE(done.error().for_good);
  EXPECT_EQ(done.error().why.find("canary"), std::string::npos) << done.error().why;
}

}  // namespace
}  // namespace lockstep::notify
