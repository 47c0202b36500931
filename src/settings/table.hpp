#pragma once
// The one table of every key of the three documents: where it may stand, its type, its default, its limits and what it
// means. Loading, unknown-key errors, environment overrides and `config show` all read these rows.
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace lockstep::settings {

enum class Type : std::uint8_t {
  string,   // one of `choices` if there are any
  text,     // string, integer or boolean, kept as text
  texts,    // array of text; nested arrays become JSON text
  strings,  // array of strings, each one of `choices` if there are any
  integer,  // within min … max
  boolean,
  duration,    // "90s", "30m", "2h", "1d"; min … max in seconds
  time,        // TOML date-time with offset, or RFC 3339 text
  address,     // 0x and 40 digits, not zero
  addresses,   // array of addresses
  url,         // http or https, no user info
  secret,      // { env | file | credential = … } and never the secret itself
  secret_url,  // as secret, or the URL itself
  finality,    // latest | safe | finalized | { confirmations = N }
  table,
  tables,             // array of tables
  one_or_tables,      // a table, or an array of tables
  strings_or_tables,  // array of strings and tables
  text_or_table,      // a scalar, or a table of them
};

enum class Need : std::uint8_t { optional, required, defaulted };

/// `path`: segments joined by dots; "name[]" is an item of an array of tables; "*" is any key.
struct Rule {
  std::string_view path;
  Type type;
  Need need = Need::optional;
  std::string_view fallback = {};  // TOML scalar text, with Need::defaulted
  std::uint64_t min = 0, max = std::numeric_limits<std::int64_t>::max();
  std::string_view choices = {};  // "a|b|c"
  std::string_view help = {};
};

std::span<const Rule> config_rules();
std::span<const Rule> protocol_rules();
std::span<const Rule> plan_rules();

}  // namespace lockstep::settings
