#pragma once
// One event per line: a constant message and its data in fields (SURFACE, Logs). Text on a tty, else JSON. Anything
// that looks like a URL is cut out of every field, so that an endpoint's key cannot end up in a log by way of an error
// text. Repeats of a line are counted, not printed.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace lockstep::runtime::log {

enum class Level : std::uint8_t { debug, info, warn, error };
enum class Format : std::uint8_t { text, json };

struct Field {
  std::string_view name;  // ts level event msg component instance seq chain plan stage txn nonce block attempt rpc
                          // dur_s err_code err
  std::variant<std::string, std::uint64_t, double> value;
};

/// For the whole process; before it, lines of level info and above go to stderr as text.
void configure(Level least, Format format);
/// Text if stderr is a terminal, else JSON.
Format automatic_format();

/// `message` is a constant: what varies goes into fields.
void write(Level level, const char* component, const char* message, std::initializer_list<Field> fields = {});
inline void info(const char* component, const char* message, std::initializer_list<Field> fields = {}) {
  write(Level::info, component, message, fields);
}
inline void warn(const char* component, const char* message, std::initializer_list<Field> fields = {}) {
  write(Level::warn, component, message, fields);
}
inline void error(const char* component, const char* message, std::initializer_list<Field> fields = {}) {
  write(Level::error, component, message, fields);
}

/// The line without time and level; exposed for tests.
std::string render(Format format, const char* component, const char* message, std::initializer_list<Field> fields);
/// `text` with every URL replaced by "[url]".
std::string without_urls(std::string_view text);

}  // namespace lockstep::runtime::log
