#include "crypto/keystore_json.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <set>

#include "base/assert.hpp"

namespace lockstep::crypto::keystore {
namespace {

using nlohmann::json;

std::unexpected<Error> refuse(std::string where, std::string why) {
  return fail("keystore refused", std::move(where), std::move(why), "export the key again as a version 3 keystore");
}

// JSON in which no object names a key twice; which of the two counts would be anyone's guess.
std::optional<json> parse_unambiguous(const std::string& text) {
  std::vector<std::set<std::string>> open;
  bool repeated = false;
  const json::parser_callback_t watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) repeated |= !open.back().insert(parsed.get<std::string>()).second;
    return true;
  };
  auto node = json::parse(text, watch, false);
  if (node.is_discarded() || repeated) return std::nullopt;
  return node;
}

// One object of the document with a closed set of keys. After a failure every further value is empty and why() says
// what was first wrong.
class Object {
 public:
  Object(const json& parent, const char* name, std::initializer_list<std::string_view> keys) : name_(name) {
    const auto found = parent.find(name);
    if (found == parent.end() || !found->is_object()) {
      why_ = "is not an object";
      return;
    }
    node_ = &*found;
    for (const auto& [key, value] : node_->items())
      if (std::ranges::find(keys, key) == keys.end()) why_ = "has the unknown key '" + key + "'";
  }
  const std::string& why() const { return why_; }
  const std::string& name() const { return name_; }
  const json& node() const { return *node_; }

  std::string text(const char* key) {
    const auto* value = at(key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    return refused(key, "is not a string"), "";
  }
  std::uint32_t number(const char* key, std::uint64_t limit) {
    const auto* value = at(key);
    if (value != nullptr && value->is_number_unsigned() && value->get<std::uint64_t>() <= limit)
      return value->get<std::uint32_t>();
    return refused(key, "is not a whole number up to " + std::to_string(limit)), 0;
  }
  Bytes octets(const char* key, std::size_t least, std::size_t most) {
    auto bytes = bytes_from_hex("0x" + text(key));
    if (bytes && bytes->size() >= least && bytes->size() <= most) return std::move(*bytes);
    return refused(key, "is not hexadecimal of " + std::to_string(least) + " to " + std::to_string(most) + " bytes"),
           Bytes(most);
  }

 private:
  const json* at(const char* key) const {
    if (!why_.empty()) return nullptr;
    const auto found = node_->find(key);
    return found == node_->end() ? nullptr : &*found;
  }
  void refused(const char* key, std::string reason) {
    if (why_.empty()) why_ = std::string(key) + " " + std::move(reason);
  }
  std::string name_;
  const json* node_ = nullptr;
  std::string why_;
};

template <std::size_t N>
std::array<std::uint8_t, N> fixed(const Bytes& bytes) {
  std::array<std::uint8_t, N> out{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
  return out;
}

Result<std::variant<ScryptCost, Pbkdf2Cost>> parse_cost(const json& crypto, const std::string& kdf, Bytes& salt) {
  if (kdf == "scrypt") {
    Object params(crypto, "kdfparams", {"dklen", "n", "r", "p", "salt"});
    const ScryptCost cost{
        .n = params.number("n", max_scrypt_n), .r = params.number("r", 1U << 20), .p = params.number("p", 64)};
    const auto length = params.number("dklen", 32);
    salt = params.octets("salt", 1, 64);
    if (!params.why().empty()) return refuse("crypto.kdfparams", params.why());
    if (length != 32 || !is_sane(cost)) return refuse("crypto.kdfparams", "dklen, n, r or p is outside its limits");
    return cost;
  }
  if (kdf != "pbkdf2") return refuse("crypto.kdf", "'" + kdf + "' is not scrypt or pbkdf2");
  Object params(crypto, "kdfparams", {"dklen", "c", "prf", "salt"});
  const Pbkdf2Cost cost{.rounds = params.number("c", max_pbkdf2_rounds)};
  const auto length = params.number("dklen", 32);
  salt = params.octets("salt", 1, 64);
  const auto function = params.text("prf");
  if (!params.why().empty()) return refuse("crypto.kdfparams", params.why());
  if (length != 32 || cost.rounds == 0) return refuse("crypto.kdfparams", "dklen or c is outside its limits");
  if (function != "hmac-sha256") return refuse("crypto.kdfparams.prf", "'" + function + "' is not hmac-sha256");
  return cost;
}

std::string bare_hex(BytesView bytes) { return to_hex(bytes).substr(2); }

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes;
  LOCKSTEP_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // RFC 9562, version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  auto text = bare_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

bool is_sane(const ScryptCost& cost) {
  const std::uint64_t memory = std::uint64_t{128} * cost.n * cost.r;
  return cost.n >= 2 && cost.n <= max_scrypt_n && std::has_single_bit(cost.n) && cost.r >= 1 && cost.r <= 1U << 20 &&
         cost.p >= 1 && cost.p <= 64 && memory <= max_scrypt_memory && memory * cost.p <= max_scrypt_work;
}

Result<Document> parse(const std::string& text) {
  if (text.size() > max_file_size) return refuse("", "longer than " + std::to_string(max_file_size) + " bytes");
  const auto node = parse_unambiguous(text);
  if (!node || !node->is_object()) return refuse("", "not a JSON object, or a key is there twice");
  const auto version = node->find("version");
  if (version == node->end() || *version != 3) return refuse("version", "is not 3");
  const bool capital = node->contains("Crypto");  // as early geth and ethers write it
  if (capital && node->contains("crypto")) return refuse("crypto", "is there twice");
  Object crypto(*node, capital ? "Crypto" : "crypto",
                {"cipher", "cipherparams", "ciphertext", "kdf", "kdfparams", "mac"});
  Document document;
  const auto cipher = crypto.text("cipher");
  document.ciphertext = fixed<32>(crypto.octets("ciphertext", 32, 32));
  document.mac = fixed<32>(crypto.octets("mac", 32, 32));
  const auto kdf = crypto.text("kdf");
  if (!crypto.why().empty()) return refuse("crypto", crypto.why());
  if (cipher != "aes-128-ctr") return refuse("crypto.cipher", "'" + cipher + "' is not aes-128-ctr");
  Object params(crypto.node(), "cipherparams", {"iv"});
  document.iv = fixed<16>(params.octets("iv", 16, 16));
  if (!params.why().empty()) return refuse("crypto.cipherparams", params.why());
  auto cost = parse_cost(crypto.node(), kdf, document.salt);
  if (!cost) return std::unexpected(std::move(cost.error()));
  document.cost = *cost;
  if (const auto address = node->find("address"); address != node->end()) {
    const auto digits = address->is_string() ? address->get<std::string>() : "";
    document.address = fixed_from_hex<Address>(digits.starts_with("0x") ? digits : "0x" + digits);
    if (!document.address) return refuse("address", "is not 20 bytes of hexadecimal");
  }
  return document;
}

std::string write(const Document& document) {
  const auto& cost = std::get<ScryptCost>(document.cost);
  nlohmann::ordered_json node;
  if (document.address) node["address"] = bare_hex(document.address->view());
  node["crypto"] = {
      {"cipher", "aes-128-ctr"},
      {"cipherparams", {{"iv", bare_hex(document.iv)}}},
      {"ciphertext", bare_hex(document.ciphertext)},
      {"kdf", "scrypt"},
      {"kdfparams", {{"dklen", 32}, {"n", cost.n}, {"p", cost.p}, {"r", cost.r}, {"salt", bare_hex(document.salt)}}},
      {"mac", bare_hex(document.mac)}};
  node["id"] = random_uuid();
  node["version"] = 3;
  return node.dump() + "\n";
}

}  // namespace lockstep::crypto::keystore
