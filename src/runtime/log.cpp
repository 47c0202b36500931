#include "runtime/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

namespace lockstep::runtime::log {

namespace {

struct Logger {
  std::mutex mutex;
  Level least = Level::info;
  Format format = Format::text;
  std::shared_ptr<spdlog::logger> out =
      std::make_shared<spdlog::logger>("lockstep", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  std::string last;           // body of the last line
  std::uint64_t repeats = 0;  // of it, not printed
  Level last_level = Level::info;
  Logger() {
    out->set_pattern("%v");
    out->set_level(spdlog::level::trace);
    out->flush_on(spdlog::level::trace);
  }
};

Logger& logger() {
  static Logger instance;
  return instance;
}

const char* name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

std::string now() {
  using namespace std::chrono;
  const auto at = floor<milliseconds>(system_clock::now());
  const auto ms = static_cast<int>(at.time_since_epoch().count() % 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(at)), ms);
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string value_text(const Field& field, bool json) {
  if (const auto* number = std::get_if<std::uint64_t>(&field.value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&field.value)) return fmt::format("{:.6g}", *number);
  const auto text = without_urls(std::get<std::string>(field.value));
  const bool plain = !text.empty() && text.find_first_of(" =\"\n\t\\") == std::string::npos;
  return json || !plain ? quoted(text) : text;
}

void print(Logger& to, Level level, const std::string& body) {
  const auto line = to.format == Format::json
                        ? fmt::format(R"({{"ts":"{}","level":"{}",{}}})", now(), name(level), body)
                        : fmt::format("{} {:5} {}", now(), name(level), body);
  to.out->log(spdlog::level::info, "{}", line);
}

}  // namespace

std::string without_urls(std::string_view text) {
  std::string out(text);
  for (auto at = out.find("://"); at != std::string::npos; at = out.find("://", at)) {
    auto begin = at;
    while (begin > 0 && std::isalnum(static_cast<unsigned char>(out[begin - 1])) != 0) --begin;
    auto end = out.find_first_of(" \t\n\"'<>,;)", at);
    if (end == std::string::npos) end = out.size();
    out.replace(begin, end - begin, "[url]");
    at = begin + 5;
  }
  return out;
}

std::string render(Format format, const char* component, const char* message, std::initializer_list<Field> fields) {
  std::string body;
  const bool json = format == Format::json;
  body = json ? fmt::format(R"("component":"{}","msg":{})", component, quoted(message))
              : fmt::format("{}: {}", component, message);
  for (const auto& field : fields) {
    body += json ? fmt::format(R"(,"{}":{})", field.name, value_text(field, true))
                 : fmt::format(" {}={}", field.name, value_text(field, false));
  }
  return body;
}

void configure(Level least, Format format) {
  auto& to = logger();
  const std::lock_guard lock(to.mutex);
  to.least = least;
  to.format = format;
}

Format automatic_format() { return ::isatty(STDERR_FILENO) == 1 ? Format::text : Format::json; }

void write(Level level, const char* component, const char* message, std::initializer_list<Field> fields) {
  auto& to = logger();
  const std::lock_guard lock(to.mutex);
  if (level < to.least) return;
  auto body = render(to.format, component, message, fields);
  if (body == to.last) {
    ++to.repeats;
    return;
  }
  if (to.repeats > 0) {
    const auto again = to.format == Format::json ? fmt::format(R"({},"repeated":{})", to.last, to.repeats)
                                                 : fmt::format("{} repeated={}", to.last, to.repeats);
    print(to, to.last_level, again);
    to.repeats = 0;
  }
  print(to, level, body);
  to.last = std::move(body);
  to.last_level = level;
}

}  // namespace lockstep::runtime::log
