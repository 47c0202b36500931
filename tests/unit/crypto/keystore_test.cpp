#include "crypto/keystore.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace lockstep::crypto {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr ScryptCost cheap{.n = 2, .r = 1, .p = 1};

// The two test vectors of the Web3 Secret Storage definition; passphrase "testpassword".
const char* const pbkdf2_vector =
    R"({"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,
"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3})";
const char* const scrypt_vector =
    R"({"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,
"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3})";
const char* const vector_key = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

class Keystore : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "lockstep-keystore-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST(KeystoreVectors, Pbkdf2) {
  const auto key = decrypt_keystore(pbkdf2_vector, "testpassword");
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(to_hex(key->reveal()), vector_key);
}

TEST(KeystoreVectors, Scrypt) {
  const auto key = decrypt_keystore(scrypt_vector, "testpassword");
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(to_hex(key->reveal()), vector_key);
}

TEST(KeystoreVectors, WrongPassphrase) {
  const auto key = decrypt_keystore(pbkdf2_vector, "testpasswore");
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().why, HasSubstr("passphrase is wrong"));
}

TEST(KeystoreDocument, OpensWhatItWrote) {
  const auto key = PrivateKey::generate();
  const auto text = encrypt_keystore(key, "a passphrase, ünïcode too", cheap);
  EXPECT_EQ(to_hex(decrypt_keystore(text, "a passphrase, ünïcode too").value().reveal()), to_hex(key.reveal()));
  EXPECT_FALSE(decrypt_keystore(text, ""));
  EXPECT_NE(text, encrypt_keystore(key, "a passphrase, ünïcode too", cheap));
  EXPECT_EQ(text.find(to_hex(key.reveal()).substr(2)), std::string::npos);
}

TEST(KeystoreDocument, RefusesEveryDeviation) {
  const auto key = PrivateKey::generate();
  const auto good = json::parse(encrypt_keystore(key, "p", cheap));
  const auto opens = [](const json& node) { return decrypt_keystore(node.dump(), "p"); };
  ASSERT_TRUE(opens(good));
  const std::pair<const char*, json> changes[] = {
      {"/version", 4},
      {"/version", "3"},
      {"/version", 3.5},
      {"/crypto", nullptr},
      {"/crypto", "x"},
      {"/crypto/cipher", "aes-128-cbc"},
      {"/crypto/cipher", 1},
      {"/crypto/ciphertext", "00"},
      {"/crypto/ciphertext", std::string(64, 'g')},
      {"/crypto/ciphertext", std::string(64, '0')},  // the MAC no longer fits
      {"/crypto/cipherparams", json::object()},
      {"/crypto/cipherparams/iv", "00"},
      {"/crypto/cipherparams/extra", 1},
      {"/crypto/extra", 1},
      {"/crypto/kdf", "argon2"},
      {"/crypto/kdf", "pbkdf2"},
      {"/crypto/kdfparams", json::array()},
      {"/crypto/kdfparams/dklen", 16},
      {"/crypto/kdfparams/dklen", 64},
      {"/crypto/kdfparams/n", 0},
      {"/crypto/kdfparams/n", 1},
      {"/crypto/kdfparams/n", 3},
      {"/crypto/kdfparams/n", 1 << 21},
      {"/crypto/kdfparams/n", -2},
      {"/crypto/kdfparams/n", 2.0},
      {"/crypto/kdfparams/n", "2"},
      {"/crypto/kdfparams/r", 0},
      {"/crypto/kdfparams/r", 1 << 24},
      {"/crypto/kdfparams/p", 0},
      {"/crypto/kdfparams/p", 65},
      {"/crypto/kdfparams/salt", ""},
      {"/crypto/kdfparams/salt", std::string(130, '0')},
      {"/crypto/kdfparams/c", 1},
      {"/crypto/mac", std::string(64, '0')},
      {"/crypto/mac", "0x" + good["crypto"]["mac"].get<std::string>()},
      {"/address", "00"},
      {"/address", std::string(40, '1')},
      {"/Crypto", good["crypto"]},
  };
  for (const auto& [path, value] : changes) {
    auto node = good;
    node[json::json_pointer(path)] = value;
    EXPECT_FALSE(opens(node)) << path << " = " << value;
  }
  for (const auto* path :
       {"/version", "/crypto", "/crypto/cipher", "/crypto/ciphertext", "/crypto/cipherparams", "/crypto/kdf",
        "/crypto/kdfparams", "/crypto/kdfparams/n", "/crypto/kdfparams/salt", "/crypto/mac"}) {
    auto node = good.flatten();
    json kept = json::object();
    for (const auto& [name, value] : node.items())
      if (!name.starts_with(path)) kept[name] = value;
    EXPECT_FALSE(opens(kept.unflatten())) << "without " << path;
  }
  EXPECT_FALSE(decrypt_keystore("", "p"));
  EXPECT_FALSE(decrypt_keystore("[]", "p"));
  EXPECT_FALSE(decrypt_keystore("{\"version\":4," + good.dump().substr(1), "p")) << "a key is there twice";
  EXPECT_FALSE(decrypt_keystore(good.dump() + std::string(65536, ' '), "p"));
}

TEST(KeystoreDocument, MemoryLimitCountsBothFactors) {
  auto node = json::parse(encrypt_keystore(PrivateKey::generate(), "p", cheap));
  node["crypto"]["kdfparams"]["n"] = 1 << 20;
  node["crypto"]["kdfparams"]["r"] = 9;
  EXPECT_THAT(decrypt_keystore(node.dump(), "p").error().why, HasSubstr("outside its limits"));
}

TEST(KeystoreDocument, AcceptsWhatOthersWrite) {
  const auto key = PrivateKey::generate();
  auto node = json::parse(encrypt_keystore(key, "p", cheap));
  node["Crypto"] = node["crypto"];
  node.erase("crypto");
  node["x-ethers"] = {{"client", "ethers"}};
  node["address"] = to_hex(key.address());
  EXPECT_TRUE(decrypt_keystore(node.dump(), "p"));
  node.erase("address");
  EXPECT_TRUE(decrypt_keystore(node.dump(), "p"));
}

TEST_F(Keystore, FilesArePrivateAndNeverOverwritten) {
  const auto file = folder_ / "key.json";
  const auto key = PrivateKey::generate();
  ASSERT_TRUE(write_keystore(file, key, "p", cheap));
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(to_hex(read_keystore(file, "p").value().reveal()), to_hex(key.reveal()));
  EXPECT_THAT(write_keystore(file, PrivateKey::generate(), "p", cheap).error().why, HasSubstr("exists"));
  EXPECT_TRUE(read_keystore(file, "p"));
  EXPECT_THAT(read_keystore(file, "q").error().text(), HasSubstr(file.string()));
}

TEST_F(Keystore, RefusesFilesOthersMayUse) {
  const auto file = folder_ / "key.json";
  ASSERT_TRUE(write_keystore(file, PrivateKey::generate(), "p", cheap));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U, 0644U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    const auto key = read_keystore(file, "p");
    ASSERT_FALSE(key) << std::oct << mode;
    EXPECT_THAT(key.error().next, HasSubstr("chmod 600"));
  }
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  EXPECT_TRUE(read_keystore(file, "p"));
}

TEST_F(Keystore, RefusesWhatIsNotARegularFile) {
  EXPECT_THAT(read_keystore(folder_, "p").error().why, HasSubstr("not a regular file"));
  EXPECT_FALSE(read_keystore(folder_ / "missing", "p"));
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(read_keystore(pipe, "p").error().why, HasSubstr("not a regular file"));
  EXPECT_FALSE(write_keystore(folder_ / "no" / "such" / "folder", PrivateKey::generate(), "p", cheap));
  const auto link = folder_ / "link";
  std::filesystem::create_symlink(folder_ / "target", link);
  EXPECT_FALSE(write_keystore(link, PrivateKey::generate(), "p", cheap)) << "a dangling link must not be followed";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "target"));
}

TEST_F(Keystore, RefusesInsaneCosts) {
  EXPECT_FALSE(write_keystore(folder_ / "a", PrivateKey::generate(), "p", {.n = 3, .r = 8, .p = 1}));
  EXPECT_FALSE(write_keystore(folder_ / "b", PrivateKey::generate(), "p", {.n = 1U << 20, .r = 16, .p = 1}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace lockstep::crypto
