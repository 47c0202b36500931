#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/signer/open_key.hpp"
#include "app/cli/passphrase.hpp"
#include "app/cli/plan_file.hpp"
#include "app/cli/verbs.hpp"
#include "crypto/eip191.hpp"
#include "settings/check.hpp"

// A person's word for a plan, to be kept beside it: EIP-191 over a sentence with the plan's hash, so that any wallet
// can make and check the same. No gate and no relayer takes it for anything.
namespace lockstep::app {
namespace {

const settings::SignerConfig* signer_of(Session& session, const settings::Config& config, const std::string& id,
                                        Exit& failed) {
  std::vector<std::string> known;
  for (const auto& signer : config.signers) {
    if (signer.id == id) return &signer;
    known.push_back(signer.id);
  }
  failed = session.fail({"signer \"" + id + "\" is not configured", "[[signer]]", {}, settings::suggestion(id, known)},
                        Exit::file_missing);
  return nullptr;
}

}  // namespace

Exit plan_sign(Session& session, const std::string& file, const std::string& id, const std::string& passphrase_file) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  const auto* signer = signer_of(session, plan->config, id, failed);
  if (signer == nullptr) return failed;
  const auto& ref = signer::secret_of(*signer);
  const bool ask = !passphrase_file.empty() || ref.source == settings::SecretSource::credential;
  const auto secret = ask ? ask_secret(session, "passphrase of " + signer->path.string(), passphrase_file, false)
                          : settings::resolve(ref);
  if (!secret) return session.fail(secret.error(), Exit::not_allowed);
  const auto key = signer::open_key(*signer, *secret);
  if (!key) return session.fail(key.error(), Exit::not_allowed);
  const auto hash = to_hex(plan->compiled.plan.hash);
  const auto message = "I approve Lockstep plan " + hash;
  const auto made = (*key)->sign(crypto::eip191_message(to_bytes(message)));
  if (!made) return session.fail(made.error().error, made.error().again ? Exit::unreachable : Exit::not_allowed);
  const auto signature = to_hex(BytesView(*made));
  return session.result({{"schema", "lockstep.plan-signature/1"},
                         {"plan_hash", hash},
                         {"scheme", "eip191"},
                         {"message", message},
                         {"signer", evm::abi::checksum((*key)->address())},
                         {"signature", signature}},
                        signature);
}

}  // namespace lockstep::app
