// A signer behind JSON-RPC that says no, is away, or is somebody else.
#include "adapters/signer/jsonrpc.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "crypto/eip191.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"
#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::signer {
namespace {

using nlohmann::json;
using tests::FakeServer;

const auto secret = crypto::PrivateKey::generate();
const Bytes message = crypto::eip191_message(to_bytes("text"));

ports::KeyPtr key_at(const std::string& url, std::uint64_t timeout_s = 30) {
  settings::SignerConfig config;
  config.id = "remote";
  config.type = "jsonrpc";
  config.address = secret.address();
  config.timeout_s = timeout_s;
  return jsonrpc(config, settings::Secret{url}).value();
}

/// The answer to the call, with its id.
FakeServer::Handler says(json part) {
  return [part](const std::string& body) -> FakeServer::Reply {
    auto answer = part;
    answer["jsonrpc"] = "2.0";
    if (!answer.contains("id")) answer["id"] = json::parse(body)["id"];
    return {.body = answer.dump()};
  };
}

json error(int code, const char* text) { return {{"error", {{"code", code}, {"message", text}}}}; }

TEST(JsonRpcSigner, GivesWhatItsKeySigned) {
  const auto signature = secret.sign(crypto::keccak256(BytesView(message)));
  FakeServer server(says({{"result", to_hex(BytesView(signature))}}));
  const auto key = key_at(server.url());
  EXPECT_TRUE(key->lasts());
  EXPECT_EQ(secret.address(), key->address());
  EXPECT_EQ(signature, key->sign(message).value());
}

TEST(JsonRpcSigner, OnlyItsNoEndsTheAsking) {
  struct Case {
    json answer;
    bool again;
    const char* what;
  };
  const auto stranger = crypto::PrivateKey::generate().sign(crypto::keccak256(BytesView(message)));
  const Case cases[] = {{error(-32000, "request denied"), false, "refuses to sign"},
                        {error(4001, "User rejected the request"), false, "refuses to sign"},
                        {error(-32002, "request timed out"), true, "gives no signature"},
                        {error(-32601, "the method does not exist"), true, "gives no signature"},
                        {error(-32000, "no key for given address or file"), true, "gives no signature"},
                        {{{"result", to_hex(BytesView(stranger))}}, false, "gives no signature"},
                        {{{"result", 7}}, false, "gives no signature"},
                        {{{"result", "0x"}, {"id", 999}}, true, "gives no signature"},
                        {json::object(), true, "gives no signature"}};
  for (const auto& [answer, again, what] : cases) {
    FakeServer server(says(answer));
    const auto got = key_at(server.url())->sign(message);
    ASSERT_FALSE(got) << answer.dump();
    EXPECT_EQ(again, got.error().again) << answer.dump();
    EXPECT_NE(std::string::npos, got.error().error.what.find(what)) << got.error().error.text();
    EXPECT_EQ(std::string::npos, got.error().error.text().find("leak")) << "the URL is a secret";
  }
}

TEST(JsonRpcSigner, IsAwayWhileNobodyAnswers) {
  FakeServer busy([](const std::string&) -> FakeServer::Reply { return {.status = 503}; });
  EXPECT_TRUE(key_at(busy.url())->sign(message).error().again);
  FakeServer silent([](const std::string&) -> FakeServer::Reply { return {.silent = true}; });
  EXPECT_TRUE(key_at(silent.url(), 1)->sign(message).error().again);
}

TEST(JsonRpcSigner, GivesUpWhenItIsToldTo) {
  FakeServer silent([](const std::string&) -> FakeServer::Reply { return {.silent = true}; });
  const auto key = key_at(silent.url(), 600);
  key->give_up();
  EXPECT_TRUE(key->sign(message).error().again);
}

TEST(JsonRpcSigner, IsNotAskedInTheClear) {
  for (const auto* url :
       {"http://10.0.0.1:8550", "http://localhost@10.0.0.1/", "http://127.0.0.1.example.com", "ftp://127.0.0.1", ""})
    EXPECT_FALSE(jsonrpc({}, settings::Secret{url})) << url;
  for (const auto* url : {"http://127.0.0.1:8550/", "http://[::1]:8550", "http://localhost", "https://signer.example"})
    EXPECT_TRUE(jsonrpc({}, settings::Secret{url})) << url;
}

}  // namespace
}  // namespace lockstep::signer
