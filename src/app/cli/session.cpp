#include "app/cli/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "base/time.hpp"

namespace lockstep::app {
namespace {

std::vector<std::filesystem::path> usual_places() {
  std::vector<std::filesystem::path> places{"config.toml"};
  if (const char* home = std::getenv("XDG_CONFIG_HOME"); home != nullptr && *home != '\0') {
    places.push_back(std::filesystem::path{home} / "lockstep/config.toml");
  } else if (const char* user = std::getenv("HOME"); user != nullptr) {
    places.push_back(std::filesystem::path{user} / ".config/lockstep/config.toml");
  }
  places.emplace_back("/etc/lockstep/config.toml");
  return places;
}

/// Where a daemon that listens on `listen` can be reached from this machine.
std::string local_url(const std::string& listen) {
  for (const auto& [any, loopback] :
       {std::pair<std::string, std::string>{"0.0.0.0:", "127.0.0.1:"}, {"[::]:", "[::1]:"}}) {
    if (listen.starts_with(any)) return "http://" + loopback + listen.substr(any.size());
  }
  return "http://" + listen;
}

// Errors quote what they refuse, cut to a length, so a character may be cut, too.
std::string dumped(const nlohmann::json& document, int indent) {
  return document.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Exit Session::result(const nlohmann::json& document, const std::string& text) {
  if (flags.json) {
    out_ << dumped(document, 2) << "\n";
  } else {
    out_ << text;
    if (!text.empty() && text.back() != '\n') out_ << "\n";
  }
  out_.flush();
  return out_ ? Exit::ok : Exit::io;
}

void Session::stream(const nlohmann::json& document, const std::string& text) {
  out_ << (flags.json ? dumped(document, -1) : text) << '\n' << std::flush;
}

void Session::say(const std::string& line) {
  if (!flags.quiet) err_ << line << '\n' << std::flush;
}

void Session::detail(const std::string& line) {
  if (flags.verbose > 0) say(line);
}

bool Session::coloured() const {
  if (flags.color != "auto") return flags.color == "always";
  return &err_ == &std::cerr && ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

Exit Session::fail(const std::vector<Error>& errors, Exit exit) {
  const bool colour = coloured();
  auto list = nlohmann::json::array();
  for (const auto& error : errors) {
    err_ << (colour ? "\033[31merror:\033[0m " : "error: ") << error.text() << "\n";
    list.push_back({{"what", error.what}, {"where", error.where}, {"why", error.why}, {"next", error.next}});
  }
  err_.flush();
  if (flags.json)
    out_ << dumped({{"schema", "lockstep.error/1"}, {"exit_code", code(exit)}, {"errors", list}}, 2) << '\n'
         << std::flush;
  return exit;
}

namespace {

/// Those that are read, all there; nothing otherwise, and what is wrong has been said.
std::optional<std::vector<std::filesystem::path>> config_files(Session& session, Exit& failed) {
  std::vector<std::filesystem::path> files(session.flags.config.begin(), session.flags.config.end());
  std::error_code ignored;
  if (files.empty()) {
    for (const auto& place : usual_places()) {
      if (!files.empty() || !std::filesystem::exists(place, ignored)) continue;
      files.push_back(place);
    }
  }
  if (files.empty()) {
    failed = session.fail({"no config file", "./config.toml, ~/.config/lockstep, /etc/lockstep",
                           "none of the usual places has one", "name it with --config FILE"},
                          Exit::file_missing);
    return std::nullopt;
  }
  for (const auto& file : files) {
    if (std::filesystem::exists(file, ignored)) continue;
    failed = session.fail(
        {"config file " + file.string() + " does not exist", {}, {}, "name an existing file with --config"},
        Exit::file_missing);
    return std::nullopt;
  }
  session.flags.config.assign(files.begin(), files.end());  // what is read again is the same
  return files;
}

}  // namespace

std::optional<settings::Settings> Session::all_settings(Exit& failed) {
  const auto files = config_files(*this, failed);
  if (!files) return std::nullopt;
  auto all = settings::load_settings(*files);
  if (all) return std::move(*all);
  failed = fail(all.error(), Exit::bad_config);
  return std::nullopt;
}

std::optional<settings::Loaded> Session::config(Exit& failed) {
  auto all = all_settings(failed);
  if (!all) return std::nullopt;
  return std::move(all->loaded);
}

std::optional<std::string> Session::endpoint(bool admin, Exit& failed) {
  if (!flags.url.empty()) {
    if (flags.url.starts_with("http://") || flags.url.starts_with("https://") || flags.url.starts_with("unix:/"))
      return flags.url;
    failed = fail({"--url must be http://…, https://… or unix:/path", "--url", {}, {}}, Exit::usage);
    return std::nullopt;
  }
  const auto all = all_settings(failed);
  if (!all) return std::nullopt;
  const auto& config = all->loaded.config;
  // A certificate is of a name, not of this machine's own address: the socket needs none.
  if (admin || all->outlets.tls.there()) return config.api_admin;
  return local_url(config.api_listen);
}

std::optional<std::uint64_t> Session::timeout_s(std::uint64_t fallback, Exit& failed) {
  if (flags.timeout.empty()) return fallback;
  const auto seconds = parse_duration_s(flags.timeout);
  if (seconds && *seconds > 0) return seconds;
  failed = fail({"\"" + flags.timeout + "\" is not a duration", "--timeout", {}, "write it as 90s, 30m, 2h or 1d"},
                Exit::usage);
  return std::nullopt;
}

bool Session::confirm(const std::string& question, const std::string& expected) {
  if (flags.no_input) return false;
  if (&in_ == &std::cin && ::isatty(STDIN_FILENO) != 1) return false;
  err_ << question << " " << std::flush;
  std::string answer;
  return std::getline(in_, answer) && answer == expected;
}

}  // namespace lockstep::app
