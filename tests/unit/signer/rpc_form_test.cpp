#include "adapters/signer/rpc_form.hpp"

#include <gtest/gtest.h>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/txn.hpp"
#include "crypto/eip191.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::signer {
namespace {

using nlohmann::json;

const auto key = crypto::PrivateKey::generate();
const auto us = evm::abi::checksum(key.address());

evm::Txn txn() {
  evm::Txn made;
  made.chain_id = 7101;
  made.nonce = 3;
  made.gas_limit = 21'000;
  made.max_fee = 2'000'000'000;
  made.max_priority_fee = 1'000'000'000;
  made.to = Address{};
  made.data = {0xde, 0xad};
  return made;
}

std::string raw(const evm::Txn& one, const crypto::PrivateKey& by = key) {
  return to_hex(BytesView(evm::sign(one, by).raw));
}

TEST(RpcForm, ATransactionIsAskedForFieldByField) {
  const auto message = evm::signing_message(txn());
  const json fields = {{"from", us},
                       {"to", "0x0000000000000000000000000000000000000000"},
                       {"gas", "0x5208"},
                       {"maxFeePerGas", "0x77359400"},
                       {"maxPriorityFeePerGas", "0x3b9aca00"},
                       {"value", "0x0"},
                       {"nonce", "0x3"},
                       {"input", "0xdead"},
                       {"chainId", "0x1bbd"}};
  const auto clef = call_for(Dialect::clef, key.address(), message).value();
  EXPECT_EQ("account_signTransaction", clef.method);
  EXPECT_EQ(json::array({fields}), clef.params);
  EXPECT_EQ("eth_signTransaction", call_for(Dialect::eth, key.address(), message)->method);
}

TEST(RpcForm, ATextIsAskedForAsAText) {
  for (const std::string_view text : {"I approve", "12 of them", "", "1", "111"}) {
    const auto message = crypto::eip191_message(to_bytes(text));
    const auto hex = to_hex(BytesView(to_bytes(text)));
    const auto clef = call_for(Dialect::clef, key.address(), message).value();
    EXPECT_EQ("account_signData", clef.method);
    EXPECT_EQ(json({"text/plain", us, hex}), clef.params);
    const auto eth = call_for(Dialect::eth, key.address(), message).value();
    EXPECT_EQ("eth_sign", eth.method);
    EXPECT_EQ(json({us, hex}), eth.params);
  }
}

TEST(RpcForm, AStatementIsAskedForAsItsDocument) {
  const auto domain = crypto::domain_separator(1, Address{});
  const coordinator::Statement statement;
  const auto message = crypto::message(domain, statement);
  const auto document = crypto::typed_data(1, Address{}, statement);
  const auto clef = call_for(Dialect::clef, key.address(), {message, document}).value();
  EXPECT_EQ("account_signTypedData", clef.method);
  EXPECT_EQ(json({us, json::parse(document)}), clef.params);
  EXPECT_EQ("eth_signTypedData_v4", call_for(Dialect::eth, key.address(), {message, document})->method);
  EXPECT_FALSE(call_for(Dialect::clef, key.address(), message)) << "two hashes are nothing that can be read";
}

TEST(RpcForm, TheTransactionThatWasAskedForIsTakenInBothForms) {
  const auto message = evm::signing_message(txn());
  for (const auto& result : {json(raw(txn())), json{{"raw", raw(txn())}, {"tx", {{"nonce", "0x99"}}}}}) {
    const auto signature = signature_in(result, message, key.address());
    ASSERT_TRUE(signature) << signature.error();
    EXPECT_EQ(evm::sign(txn(), key).raw, evm::with_signature(txn(), *signature).raw);
  }
}

TEST(RpcForm, WhatSomebodyChangedIsRefusedByName) {
  struct Case {
    const char* name;
    void (*change)(evm::Txn&);
  };
  const Case cases[] = {{"chain id", [](auto& one) { one.chain_id++; }},
                        {"nonce", [](auto& one) { one.nonce++; }},
                        {"gas limit", [](auto& one) { one.gas_limit++; }},
                        {"priority fee", [](auto& one) { one.max_priority_fee++; }},
                        {"max fee", [](auto& one) { one.max_fee++; }},
                        {"recipient", [](auto& one) { one.to->bytes[0] = 1; }},
                        {"value", [](auto& one) { one.value++; }},
                        {"data", [](auto& one) { one.data.push_back(0); }},
                        {"type", [](auto& one) {
                           one.type = 0;
                           one.max_priority_fee = 0;
                         }}};
  const auto message = evm::signing_message(txn());
  for (const auto& [name, change] : cases) {
    auto other = txn();
    change(other);
    const auto got = signature_in(raw(other), message, key.address());
    ASSERT_FALSE(got) << name;
    EXPECT_NE(std::string::npos, got.error().find(std::string("its ") + name + " was changed")) << got.error();
  }
}

TEST(RpcForm, WhatIsNoSignatureOfThisKeyIsNone) {
  const auto message = evm::signing_message(txn());
  const auto text = crypto::eip191_message(to_bytes("text"));
  const auto by_another = crypto::PrivateKey::generate();
  EXPECT_EQ("gave no signature of this key", signature_in(raw(txn(), by_another), message, key.address()).error());
  for (const auto& noise :
       {json(), json(7), json::object(), json{{"raw", 7}}, json("0x"), json("0x02"), json::array()}) {
    EXPECT_FALSE(signature_in(noise, message, key.address())) << noise.dump();
    EXPECT_FALSE(signature_in(noise, text, key.address())) << noise.dump();
  }
  const auto good = key.sign(crypto::keccak256(BytesView(text)));
  EXPECT_EQ(good, signature_in(to_hex(BytesView(good)), text, key.address()));
  EXPECT_FALSE(
      signature_in(to_hex(BytesView(by_another.sign(crypto::keccak256(BytesView(text))))), text, key.address()));
}

TEST(RpcForm, OnlyANoIsANo) {
  using transport::FailureKind;
  EXPECT_TRUE(is_denial({.kind = FailureKind::rpc, .detail = "Request denied", .code = -32000}));
  EXPECT_TRUE(is_denial({.kind = FailureKind::rpc, .detail = "User rejected", .code = 4001}));
  EXPECT_FALSE(is_denial({.kind = FailureKind::rpc, .detail = "request timed out", .code = -32002}));
  EXPECT_FALSE(is_denial({.kind = FailureKind::rpc, .detail = "unknown account", .code = -32000}));
  EXPECT_FALSE(is_denial({.kind = FailureKind::http_status, .detail = "request denied", .code = -32000}));
}

}  // namespace
}  // namespace lockstep::signer
