#include "app/cli/key_passphrase.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "adapters/evm/abi.hpp"
#include "app/cli/passphrase.hpp"
#include "crypto/keystore.hpp"
#include "files/durable.hpp"

namespace lockstep::app {
namespace {

/// Whoever changes a passphrase may be root; the daemon that reads the file is not.
Result<void> replace(const std::filesystem::path& file, const std::string& text) {
  struct stat before {};
  if (::stat(file.c_str(), &before) != 0) return fail("cannot look at " + file.string(), {}, std::strerror(errno));
  const auto access = (before.st_mode & S_IRGRP) != 0 ? files::Access::group_reads : files::Access::owner;
  if (auto written = files::write_durably(file, text, {.access = access}); !written) return written;
  if (before.st_uid == ::geteuid() && before.st_gid == ::getegid()) return {};
  if (::chown(file.c_str(), before.st_uid, before.st_gid) == 0) return {};
  return fail("the keystore is changed, but its owner is not what it was", file.string(), std::strerror(errno),
              "give it back to user " + std::to_string(before.st_uid) + " with chown");
}

}  // namespace

Exit key_change_passphrase(Session& session, const std::string& file, const std::string& old_file,
                           const std::string& new_file) {
  std::error_code error;
  const auto place = std::filesystem::canonical(file, error);
  if (error)
    return session.fail({"keystore " + file + " does not exist", {}, error.message(), "name an existing file"},
                        Exit::file_missing);
  const auto old_one = ask_secret(session, "passphrase of " + file, old_file, false);
  if (!old_one) return session.fail(old_one.error(), Exit::not_allowed);
  const auto key = crypto::read_keystore(place, old_one->reveal());
  if (!key) return session.fail(key.error(), Exit::not_allowed);
  const auto new_one = ask_secret(session, "new passphrase of " + file, new_file, true);
  if (!new_one) return session.fail(new_one.error(), Exit::not_allowed);
  const auto text = crypto::encrypt_keystore(*key, new_one->reveal(), {});
  const auto again = crypto::decrypt_keystore(text, new_one->reveal());
  if (!again || again->address() != key->address())
    return session.fail({"the new keystore does not open", file, {}, "report this"}, Exit::bug);
  if (auto done = replace(place, text); !done) return session.fail(done.error(), Exit::cannot_create);
  session.say(
      "copies of the old file still open with the old passphrase; lockstepd needs the new one at its next start");
  const auto address = evm::abi::checksum(key->address());
  return session.result({{"schema", "lockstep.key/1"}, {"address", address}, {"file", file}}, address);
}

}  // namespace lockstep::app
