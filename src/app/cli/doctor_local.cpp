#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "app/cli/doctor.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/tls_files.hpp"
#include "journal/data_dir.hpp"

namespace lockstep::app {
namespace {

namespace fs = std::filesystem;

constexpr UnixSeconds renewed_before_s = 14 * 86'400;
constexpr std::uint64_t comfortable_bytes = std::uint64_t{1} << 30;

/// The folder itself, or the nearest one above it that is there.
fs::path nearest_existing(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

void free_space(const fs::path& folder, std::uint64_t reserve, bool has_reserve, Findings& findings) {
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) != 0) {
    findings.push_back({"data_dir", "space", Verdict::fail, "cannot be measured", folder.string(), std::strerror(errno),
                        "check the path"});
    return;
  }
  const auto free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  const auto needed = (has_reserve ? 0 : reserve) + (std::uint64_t{64} << 20);
  const auto detail = fmt::format("{} MiB free", free >> 20);
  if (free < needed) {
    findings.push_back({"data_dir", "space", Verdict::fail, detail, folder.string(),
                        fmt::format("{} MiB are needed to begin", needed >> 20),
                        "free space, or move service.data_dir"});
  } else if (free < comfortable_bytes) {
    findings.push_back({"data_dir", "space", Verdict::warn, detail, folder.string(), "less than 1 GiB", "free space"});
  } else {
    findings.push_back({"data_dir", "space", Verdict::ok, detail});
  }
}

void file_system(const fs::path& folder, Findings& findings) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return;  // free_space() has said why
  const auto kind = journal::describe_magic(static_cast<long>(info.f_type));
  if (kind.network) {
    findings.push_back({"data_dir", "file-system", Verdict::fail, kind.name, folder.string(),
                        "locks and fsync cannot be relied on over a network", "use a local disk"});
  } else if (kind.overlay) {
    findings.push_back({"data_dir", "file-system", Verdict::warn, kind.name, folder.string(),
                        "it goes with its container", "mount a volume there"});
  } else {
    findings.push_back({"data_dir", "file-system", Verdict::ok, kind.name.empty() ? "local" : kind.name});
  }
}

bool binds(const std::string& listen, std::string& why) {
  const auto colon = listen.rfind(':');
  auto host = listen.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto digits = listen.substr(colon + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(port);
  const bool six = ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1;
  if (!six && ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) {
    why = "not a numeric address";
    return false;
  }
  const int fd = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto* address = six ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  const bool bound = fd >= 0 && ::bind(fd, address, six ? sizeof v6 : sizeof v4) == 0 && ::listen(fd, 1) == 0;
  if (!bound) why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return bound;
}

Finding certificate(const settings::TlsConfig& config) {
  const auto tls = read_tls(config);
  if (!tls) return finding("api", "api.tls", Verdict::fail, tls.error());
  const auto until = (*tls)->not_after(), now = static_cast<UnixSeconds>(std::time(nullptr));
  const auto valid = "its certificate is valid until " + to_rfc3339(until);
  if (until - now > renewed_before_s) return {"api", "api.tls", Verdict::ok, valid};
  return {"api",
          "api.tls",
          Verdict::warn,
          valid,
          config.certificate.string(),
          "that is soon",
          "renew it, then: systemctl reload lockstepd"};
}

Finding port(const std::string& key, const std::string& listen) {
  std::string why;
  if (binds(listen, why)) return {"api", key, Verdict::ok, listen + " is free"};
  return {"api", key, Verdict::fail, "cannot listen on " + listen, key, why, "see who holds it: ss -ltnp"};
}

}  // namespace

Findings examine_data_dir(const settings::Config& config) {
  Findings findings;
  const auto& folder = config.data_dir;
  const auto there = nearest_existing(folder);
  struct stat info {};
  const auto refuse = [&](std::string what, std::string why, std::string next) {
    findings.push_back(
        {"data_dir", "permissions", Verdict::fail, std::move(what), folder.string(), std::move(why), std::move(next)});
  };
  if (::stat(there.c_str(), &info) != 0) {
    refuse("cannot be looked at", std::strerror(errno), "check the path");
    return findings;
  }
  const bool exists = there == folder;
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    refuse(exists ? "cannot be written by this user" : there.string() + " cannot be written by this user",
           std::strerror(errno), "run as the daemon's user, or change its owner");
  } else if (exists && (info.st_mode & 022) != 0) {
    refuse(fmt::format("mode {:04o}", info.st_mode & 07777), "others may change journal and guard",
           "chmod 700 " + folder.string());
  } else {
    findings.push_back({"data_dir", "permissions", Verdict::ok,
                        exists ? fmt::format("{}, mode {:04o}", folder.string(), info.st_mode & 07777)
                               : folder.string() + " will be made"});
  }
  file_system(there, findings);
  std::error_code ignored;
  free_space(there, config.reserve_mib << 20, fs::exists(folder / "reserve", ignored), findings);
  return findings;
}

Findings examine_listeners(const settings::Config& config, const settings::TlsConfig& tls, std::uint32_t timeout_ms) {
  Findings findings;
  if (tls.there()) findings.push_back(certificate(tls));
  const auto timeout = std::max(1U, timeout_ms / 1000);
  const HttpClient daemon(tls.there() ? config.api_admin : "http://" + config.api_listen, timeout);
  const auto version = daemon.get("/api/v1/version");
  const auto page = version ? nlohmann::json::parse(version->body, nullptr, false) : nlohmann::json();
  if (text_of(page, "schema") == "lockstep.version/1") {
    findings.push_back({"api", "daemon", Verdict::ok,
                        fmt::format("{} runs, version {}", text_of(page, "service"), text_of(page, "version"))});
    const auto ready = daemon.get("/readyz?verbose");
    if (ready && ready->status != 200)
      findings.push_back({"api", "ready", Verdict::fail, "it is not ready", config.api_listen,
                          ready->body.substr(0, 2000), "lockstep status"});
    return findings;
  }
  findings.push_back(port("api.listen", config.api_listen));
  if (!config.api_metrics.empty()) findings.push_back(port("api.metrics", config.api_metrics));
  const fs::path socket = config.api_admin.substr(std::string_view("unix:").size());
  const auto folder = socket.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) {
    findings.push_back({"api", "api.admin", Verdict::ok, socket.string() + " can be made"});
  } else {
    findings.push_back({"api", "api.admin", Verdict::fail, "the admin socket cannot be made", folder.string(),
                        std::strerror(errno), "make the folder, owned by the daemon's user"});
  }
  return findings;
}

Findings examine_clock() {
  timex state{};
  const int told = ::adjtimex(&state);
  if (told < 0 || told == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
    return {{"clock",
             "synchronised",
             Verdict::warn,
             "the kernel does not know its clock to be synchronised",
             {},
             "nothing keeps it right, or a container hides who does",
             "run chrony or systemd-timesyncd"}};
  return {{"clock", "synchronised", Verdict::ok, fmt::format("within {} ms, says the kernel", state.maxerror / 1000)}};
}

}  // namespace lockstep::app
