#include <filesystem>

#include "adapters/evm/abi.hpp"
#include "app/cli/key_passphrase.hpp"
#include "app/cli/key_watermark.hpp"
#include "app/cli/passphrase.hpp"
#include "app/cli/verbs.hpp"
#include "crypto/keystore.hpp"

namespace lockstep::app {
namespace {

struct KeyArguments {
  std::string file, passphrase_file, new_passphrase_file, key_file, protocol;
  std::uint64_t epoch = 0;
  bool yes = false;
};

Exit written(Session& session, const std::string& file, const Address& address) {
  return session.result({{"schema", "lockstep.key/1"}, {"address", evm::abi::checksum(address)}, {"file", file}},
                        evm::abi::checksum(address));
}

Exit store(Session& session, const KeyArguments& args, const crypto::PrivateKey& key) {
  const auto passphrase = ask_secret(session, "passphrase of the new keystore", args.passphrase_file, true);
  if (!passphrase) return session.fail(passphrase.error(), Exit::not_allowed);
  if (auto done = crypto::write_keystore(args.file, key, passphrase->reveal()); !done)
    return session.fail(done.error(), Exit::cannot_create);
  return written(session, args.file, key.address());
}

Exit key_import(Session& session, const KeyArguments& args) {
  const auto text = ask_secret(session, "private key, 0x and 64 hexadecimal digits", args.key_file, false);
  if (!text) return session.fail(text.error(), Exit::not_allowed);
  auto bytes = bytes_from_hex(text->reveal());
  const auto key = bytes ? crypto::PrivateKey::from_bytes(*bytes) : std::nullopt;
  if (bytes) explicit_bzero(bytes->data(), bytes->size());
  if (!key)
    return session.fail(
        {"that is not a private key", {}, {}, "give 32 bytes in hex, not zero and below the order of secp256k1"},
        Exit::bad_document);
  return store(session, args, *key);
}

/// From the clear part if there is one; else the passphrase is needed.
Exit key_address(Session& session, const KeyArguments& args) {
  std::error_code ignored;
  if (!std::filesystem::exists(args.file, ignored))
    return session.fail({"keystore " + args.file + " does not exist", {}, {}, {}}, Exit::file_missing);
  const auto passphrase = ask_secret(session, "passphrase of " + args.file, args.passphrase_file, false);
  if (!passphrase) return session.fail(passphrase.error(), Exit::not_allowed);
  const auto key = crypto::read_keystore(args.file, passphrase->reveal());
  if (!key) return session.fail(key.error(), Exit::not_allowed);
  return written(session, args.file, key->address());
}

Exit key_list(Session& session) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  auto keys = nlohmann::json::array();
  std::string text;
  for (const auto& signer : loaded->config.signers) {
    std::error_code ignored;
    const bool exists = std::filesystem::exists(signer.path, ignored);
    const bool attests = signer.id == loaded->config.operator_signer;
    keys.push_back({{"id", signer.id},
                    {"type", signer.type},
                    {"path", signer.path.string()},
                    {"exists", exists},
                    {"attests", attests}});
    text += signer.id + "  " + signer.path.string() + (exists ? "" : "  MISSING") + (attests ? "  attests" : "") + "\n";
  }
  return session.result({{"schema", "lockstep.keys/1"}, {"keys", keys}}, text);
}

}  // namespace

void add_key(CLI::App& app, Session& session, Verb& verb) {
  const auto args = std::make_shared<KeyArguments>();
  auto* key = app.add_subcommand("key", "keystores (Web3 Secret Storage v3)")->require_subcommand(1)->fallthrough();
  const auto add = [&](const char* name, const char* help, std::function<Exit()> run) {
    auto* sub = key->add_subcommand(name, help)->fallthrough();
    sub->callback([&verb, run = std::move(run)] { verb = run; });
    return sub;
  };
  auto* make = add("new", "make a key and write its keystore",
                   [&session, args] { return store(session, *args, crypto::PrivateKey::generate()); });
  auto* import =
      add("import", "write the keystore of an existing key", [&session, args] { return key_import(session, *args); });
  import->add_option("--key-file", args->key_file, "file of mode 0600 with the key in hex; else it is asked for");
  auto* address = add("address", "the address of a keystore", [&session, args] { return key_address(session, *args); });
  auto* change = add("change-passphrase", "lock a keystore with another passphrase", [&session, args] {
    return key_change_passphrase(session, args->file, args->passphrase_file, args->new_passphrase_file);
  });
  change->add_option("--new-passphrase-file", args->new_passphrase_file, "file of mode 0600; else it is asked for");
  for (auto* sub : {make, import, address, change}) {
    sub->add_option("FILE", args->file, "the keystore")->required();
    sub->add_option("--passphrase-file", args->passphrase_file, "file of mode 0600; else it is asked for");
  }
  add("list", "signers of the config", [&session] { return key_list(session); });
  auto* mark = add("watermark", "sign nothing of a protocol up to an epoch, for an operator that moved here",
                   [&session, args] { return key_watermark(session, args->protocol, args->epoch, args->yes); });
  mark->add_option("--protocol", args->protocol, "its name")->required();
  mark->add_option("--epoch", args->epoch, "the last one that may have been signed elsewhere")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 62));
  mark->add_flag("--yes", args->yes, "do not ask");
}

}  // namespace lockstep::app
