#include "settings/secret_ref.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace lockstep::settings {
namespace {

constexpr std::size_t max_secret_bytes = std::size_t{64} * 1024;

/// All of its memory, also what a moved-from short string left behind.
void zero(std::string& text) {
  text.resize(text.capacity());
  volatile char* bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
}

/// Without the line end that editors add.
Result<Secret> trimmed(std::string text, const SecretRef& ref) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return fail("secret is empty", ref.where, ref.name);
  Secret secret{text};
  zero(text);
  return secret;
}

/// Nobody but the owner. For a credential the service manager decides who reads: systemd 254 and later lets the
/// service's user read by an access control list, whose mask shows as the group's permission (systemd issue 29435).
constexpr mode_t nobody_else = 077;
constexpr mode_t no_writer_nor_stranger = 037;

Result<Secret> from_file(const std::string& path, const SecretRef& ref, mode_t forbidden = nobody_else) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail("cannot read secret file " + path, ref.where, std::strerror(errno), "write it, with mode 0600");
  struct stat info {};
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  const bool stated = ::fstat(fd, &info) == 0;
  while (stated && text.size() <= max_secret_bytes && (count = ::read(fd, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(fd);
  explicit_bzero(buffer.data(), buffer.size());
  if (!stated || count < 0) return fail("cannot read secret file " + path, ref.where, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fail(path + " is not a file", ref.where);
  if ((info.st_mode & forbidden) != 0) {
    zero(text);
    return fail("secret file " + path + " can be read by others", ref.where, "group or other have permissions",
                "run: chmod 600 " + path);
  }
  if (text.size() > max_secret_bytes) return fail("secret file " + path + " is larger than 64 KiB", ref.where);
  return trimmed(std::move(text), ref);
}

}  // namespace

Secret::~Secret() { zero(value_); }

Result<Secret> resolve(const SecretRef& ref) {
  switch (ref.source) {
    case SecretSource::none:
      return fail("secret is not set", ref.where);
    case SecretSource::literal:
      return trimmed(ref.name, ref);
    case SecretSource::env: {
      const char* value = std::getenv(ref.name.c_str());
      if (value == nullptr) return fail("environment variable " + ref.name + " is not set", ref.where);
      return trimmed(value, ref);
    }
    case SecretSource::file:
      return from_file(ref.name, ref);
    case SecretSource::credential: {
      const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
      if (directory == nullptr) {
        return fail("credential " + ref.name + " is not available", ref.where, "CREDENTIALS_DIRECTORY is not set",
                    "start by systemd with LoadCredential=" + ref.name + ", or use { file = … }");
      }
      if (ref.name.find('/') != std::string::npos)
        return fail("credential name " + ref.name + " holds a slash", ref.where);
      return from_file(std::string{directory} + "/" + ref.name, ref, no_writer_nor_stranger);
    }
  }
  return fail("secret is not set", ref.where);
}

}  // namespace lockstep::settings
