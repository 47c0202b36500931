#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/evm/abi_word.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::abi {
namespace {

constexpr std::size_t max_text = 16384, max_depth = 16, max_members = 256, max_static_size = 1 << 21;

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 3> locations = {"memory", "calldata", "storage"};
constexpr std::array<std::string_view, 7> modifiers = {"external", "public",  "view",      "pure",
                                                       "payable",  "virtual", "nonpayable"};

std::unexpected<Error> too_long(std::string_view text) {
  return fail("cannot read a signature of " + std::to_string(text.size()) + " characters", {},
              "the limit is " + std::to_string(max_text));
}

// Recursive descent over one signature. Depth is bounded by max_depth.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Function> function() {
    Function function;
    auto name = heading("function");
    if (!name) return std::unexpected(std::move(name.error()));
    function.name = std::move(*name);
    auto inputs = list(Place::parameter, 0);
    if (!inputs) return std::unexpected(std::move(inputs.error()));
    function.inputs = std::move(*inputs);
    bool returns = false;
    while (starts_name(peek())) {
      const std::size_t at = at_;
      const auto word = name_here();
      returns = word == "returns";
      if (returns) break;
      if (!contains(modifiers, word)) return refuse(at, "'" + word + "' is not a modifier of a function");
    }
    if (returns || peek() == '(') {
      auto outputs = list(Place::parameter, 0);
      if (!outputs) return std::unexpected(std::move(outputs.error()));
      function.outputs = std::move(*outputs);
    }
    return ended(std::move(function));
  }

  Result<Event> event() {
    Event event;
    auto name = heading("event");
    if (!name) return std::unexpected(std::move(name.error()));
    event.name = std::move(*name);
    auto inputs = list(Place::event, 0);
    if (!inputs) return std::unexpected(std::move(inputs.error()));
    event.inputs = std::move(*inputs);
    if (std::ranges::count_if(event.inputs, &Type::indexed) > 3)
      return refuse(at_, "at most 3 parameters can be indexed");
    std::ranges::copy_if(event.inputs, std::back_inserter(event.data), [](const Type& type) { return !type.indexed; });
    event.topic0 = crypto::keccak256(event.canonical());
    return ended(std::move(event));
  }

  Result<Type> only_type() {
    auto read = type(0);
    return read ? ended(std::move(*read)) : read;
  }

 private:
  enum class Place { parameter, event, member };

  std::unexpected<Error> refuse(std::size_t at, std::string why) const {
    return fail("cannot read '" + std::string(text_.substr(0, 200)) + "'", "column " + std::to_string(at + 1),
                std::move(why),
                "write it as in Solidity, for example transfer(address to, uint256 amount) returns (bool)");
  }
  template <class T>
  Result<T> ended(T value) {
    if (peek() == '\0' && at_ == text_.size()) return value;
    return refuse(at_, "expected the end, found '" + std::string(text_.substr(at_, 1)) + "'");
  }
  char peek() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  std::string name_here() {
    const std::size_t first = at_;
    while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    return std::string(text_.substr(first, at_ - first));
  }
  Result<std::string> heading(std::string_view keyword) {
    if (!starts_name(peek())) return refuse(at_, "expected a name");
    auto name = name_here();
    if (name != keyword || !starts_name(peek())) return name;
    return name_here();
  }

  Result<std::vector<Type>> list(Place place, std::size_t depth) {
    std::vector<Type> types;
    if (peek() != '(') return refuse(at_, "expected '('");
    ++at_;
    if (peek() == ')') {
      if (place == Place::member) return refuse(at_, "a tuple has at least one member");
      ++at_;
      return types;
    }
    while (true) {
      auto next = parameter(place, depth);
      if (!next) return std::unexpected(std::move(next.error()));
      types.push_back(std::move(*next));
      if (types.size() > max_members) return refuse(at_, "more than " + std::to_string(max_members) + " in one list");
      const char c = peek();
      if (c != ',' && c != ')') return refuse(at_, "expected ',' or ')'");
      ++at_;
      if (c == ')') return types;
    }
  }

  Result<Type> parameter(Place place, std::size_t depth) {
    auto read = type(depth);
    while (read && starts_name(peek())) {
      const std::size_t at = at_;
      const auto word = name_here();
      if (!read->name.empty()) return refuse(at, "expected ',' or ')' after the name '" + read->name + "'");
      if (word == "indexed") {
        if (place != Place::event || read->indexed)
          return refuse(at, "'indexed' belongs once to a parameter of an event");
        read->indexed = true;
      } else if (!contains(locations, word)) {
        read->name = word;
      }
    }
    return read;
  }

  Result<Type> type(std::size_t depth) {
    if (depth >= max_depth) return refuse(at_, "types are nested more than " + std::to_string(max_depth) + " deep");
    Type base;
    const char c = peek();
    const std::size_t at = at_;
    const auto word = starts_name(c) ? name_here() : std::string();
    if (word == "tuple" || c == '(') {
      auto members = list(Place::member, depth + 1);
      if (!members) return std::unexpected(std::move(members.error()));
      base.kind = Kind::tuple;
      base.components = std::move(*members);
    } else if (!elementary(word, base)) {
      return refuse(at, word.empty() ? "expected a type" : "'" + word + "' is not a type of the ABI");
    }
    return suffixes(std::move(base), depth);
  }

  Result<Type> suffixes(Type type, std::size_t depth) {
    while (peek() == '[') {
      const std::size_t at = at_++;
      if (++depth >= max_depth) return refuse(at, "types are nested more than " + std::to_string(max_depth) + " deep");
      Type array;
      array.kind = Kind::array;
      if (peek() != ']') {
        const auto length = decimal(name_here());
        if (!length || *length == 0) return refuse(at + 1, "expected ']' or a length of at least 1");
        array.length = *length;
        if (array.length > max_static_size / head_size(type)) return refuse(at + 1, "the array is too long");
      }
      if (peek() != ']') return refuse(at_, "expected ']'");
      ++at_;
      array.components.push_back(std::move(type));
      type = std::move(array);
    }
    if (head_size(type) > max_static_size) return refuse(at_, "the type is too large");
    return type;
  }

  static std::optional<unsigned> decimal(std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || digits[0] == '0' || error != std::errc{} || end != digits.data() + digits.size())
      return std::nullopt;
    return value;
  }

  static bool elementary(std::string_view word, Type& type) {
    const auto sized = [&](std::string_view prefix, Kind kind, unsigned step, unsigned limit) {
      if (!word.starts_with(prefix)) return false;
      const auto size = decimal(word.substr(prefix.size()));
      if (!size || *size > limit || *size % step != 0) return false;
      type.kind = kind;
      type.size = *size;
      return true;
    };
    const auto named = [&](std::string_view name, Kind kind) {
      if (word != name) return false;
      type.kind = kind;
      return true;
    };
    return named("address", Kind::address) || named("bool", Kind::boolean) || named("string", Kind::string) ||
           named("bytes", Kind::bytes) || named("uint", Kind::uint_) || named("int", Kind::int_) ||
           sized("uint", Kind::uint_, 8, 256) || sized("int", Kind::int_, 8, 256) ||
           sized("bytes", Kind::fixed_bytes, 1, 32);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Function> parse_function(std::string_view signature) {
  if (signature.size() > max_text) return too_long(signature);
  return Parser(signature).function();
}

Result<Event> parse_event(std::string_view signature) {
  if (signature.size() > max_text) return too_long(signature);
  return Parser(signature).event();
}

Result<Type> parse_type(std::string_view text) {
  if (text.size() > max_text) return too_long(text);
  return Parser(text).only_type();
}

}  // namespace lockstep::evm::abi
