#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "crypto/keystore.hpp"
#include "crypto/keystore_json.hpp"
#include "files/durable.hpp"

namespace lockstep::crypto {
namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<Error> refuse(const std::filesystem::path& file, std::string why, std::string next = {}) {
  return fail("keystore file refused", file.string(), std::move(why), std::move(next));
}

std::string system_reason() {
  return std::strerror(errno);
}  // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe for known errors

Result<std::string> read_all(const std::filesystem::path& file, int descriptor, std::size_t size) {
  std::string text(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    const auto count = ::read(descriptor, text.data() + at, size - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refuse(file, system_reason());
    if (count == 0) return refuse(file, "it became shorter while it was read");
    at += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace

Result<PrivateKey> read_keystore(const std::filesystem::path& file, const std::string& passphrase) {
  // The checks are on the open descriptor, so the file cannot be exchanged between check and use. O_NONBLOCK: a pipe
  // must not hang us.
  const File opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (opened.get() < 0 || ::fstat(opened.get(), &info) != 0)
    return refuse(file, system_reason(), "check its path, or make it with lockstep key new or lockstep key import");
  if (!S_ISREG(info.st_mode)) return refuse(file, "not a regular file");
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refuse(file, "others than its owner may use it", "chmod 600 the file");
  if (info.st_uid != ::geteuid() && info.st_uid != 0) return refuse(file, "another user owns it", "chown the file");
  if (info.st_size > static_cast<off_t>(keystore::max_file_size))
    return refuse(file, "longer than " + std::to_string(keystore::max_file_size) + " bytes");
  const auto text = read_all(file, opened.get(), static_cast<std::size_t>(info.st_size));
  if (!text) return std::unexpected(text.error());
  auto key = decrypt_keystore(*text, passphrase);
  if (!key) key.error().where = file.string() + (key.error().where.empty() ? "" : ", " + key.error().where);
  return key;
}

Result<void> write_keystore(const std::filesystem::path& file, const PrivateKey& key, const std::string& passphrase,
                            const ScryptCost& cost) {
  if (!keystore::is_sane(cost)) return refuse(file, "the scrypt cost is outside its limits");
  const auto text = encrypt_keystore(key, passphrase, cost);
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, error)))
    return refuse(file, "it exists and is not overwritten", "choose another name");
  auto written = files::write_durably(file, text, {.existing = files::Existing::refuse});
  if (written) return {};
  return refuse(file, written.error().what + ": " + written.error().why, written.error().next);
}

}  // namespace lockstep::crypto
