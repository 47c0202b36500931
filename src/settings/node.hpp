#pragma once
// A TOML document as a tree of our own, each value with the place it was written at. The only file that sees toml++ is
// node.cpp.
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace lockstep::settings {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { string, integer, boolean, floating, time, array, table };
  Kind kind = Kind::table;
  std::string text;  // of a string; of every other scalar its usual text; RFC 3339 for a time
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Node> items;      // of an array
  std::vector<Member> members;  // of a table, in the order they were written
  std::string where;            // "file:line:col", "default", "env NAME"

  const Node* find(const std::string& key) const;
  Node* find(const std::string& key);
  bool is_scalar() const { return kind != Kind::array && kind != Kind::table; }
};

struct Member {
  std::string key;
  std::string where;  // of the key
  Node value;
};

const char* to_text(Node::Kind kind);
Node string_node(std::string text, std::string where);

/// Syntax errors, duplicate keys and times without an offset are errors.
Result<Node> parse_toml(const std::string& text, const std::string& file_name);
/// The whole file; a missing or unreadable one, or one over 1 MiB, is an error.
Result<std::string> read_text(const std::string& path);

}  // namespace lockstep::settings
