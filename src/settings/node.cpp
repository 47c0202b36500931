#include "settings/node.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace lockstep::settings {
namespace {

constexpr std::uintmax_t max_file_bytes = 1 << 20;

struct Reader {
  const std::string& file;

  std::string place(const toml::source_region& source) const {
    return file + ":" + std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column);
  }

  Result<Node> time(const toml::date_time& value, Node node) const {
    if (!value.offset) return fail("time has no offset", node.where, {}, "end it with Z for UTC");
    std::ostringstream text;
    text << value;
    node.kind = Node::Kind::time;
    node.text = text.str();
    return node;
  }

  Result<Node> table(const toml::table& table, Node node) const {
    node.kind = Node::Kind::table;
    for (const auto& [key, value] : table) {
      auto child = read(value);
      if (!child) return child;
      node.members.push_back({std::string{key.str()}, place(key.source()), std::move(*child)});
    }
    // toml++ keeps members by name; people read them by line.
    const auto position = [&](const Member& m) {
      const auto source = table.find(m.key)->first.source().begin;
      return std::pair{source.line, source.column};
    };
    std::stable_sort(node.members.begin(), node.members.end(),
                     [&](const Member& a, const Member& b) { return position(a) < position(b); });
    return node;
  }

  Result<Node> read(const toml::node& from) const {
    Node node;
    node.where = place(from.source());
    if (const auto* value = from.as_table()) return table(*value, std::move(node));
    if (const auto* value = from.as_array()) {
      node.kind = Node::Kind::array;
      for (const auto& item : *value) {
        auto child = read(item);
        if (!child) return child;
        node.items.push_back(std::move(*child));
      }
      return node;
    }
    if (const auto* value = from.as_string()) {
      node.kind = Node::Kind::string;
      node.text = value->get();
      return node;
    }
    if (const auto* value = from.as_integer()) {
      node.kind = Node::Kind::integer;
      node.integer = value->get();
      node.text = std::to_string(node.integer);
      return node;
    }
    if (const auto* value = from.as_boolean()) {
      node.kind = Node::Kind::boolean;
      node.boolean = value->get();
      node.text = node.boolean ? "true" : "false";
      return node;
    }
    if (const auto* value = from.as_date_time()) return time(value->get(), std::move(node));
    if (from.is_floating_point()) {
      node.kind = Node::Kind::floating;
      return node;
    }
    return fail("a time of day or a date alone means nothing here", node.where, {},
                "write a whole time, as in 2026-12-01T14:00:00Z");
  }
};

}  // namespace

const Node* Node::find(const std::string& key) const {
  const auto it = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  return it == members.end() ? nullptr : &it->value;
}

Node* Node::find(const std::string& key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

const char* to_text(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::string:
      return "a string";
    case Node::Kind::integer:
      return "an integer";
    case Node::Kind::boolean:
      return "a boolean";
    case Node::Kind::floating:
      return "a float";
    case Node::Kind::time:
      return "a time";
    case Node::Kind::array:
      return "an array";
    case Node::Kind::table:
      return "a table";
  }
  return "";
}

Node string_node(std::string text, std::string where) {
  Node node;
  node.kind = Node::Kind::string;
  node.text = std::move(text);
  node.where = std::move(where);
  return node;
}

Result<Node> parse_toml(const std::string& text, const std::string& file_name) {
  const Reader reader{file_name};
  try {
    return reader.read(toml::parse(text, file_name));
  } catch (const toml::parse_error& error) {
    return fail("not valid TOML", reader.place(error.source()), std::string{error.description()});
  }
}

Result<std::string> read_text(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail("cannot read " + path, {}, error.message());
  if (size > max_file_bytes) return fail("cannot read " + path, {}, "it is larger than 1 MiB");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("cannot read " + path, {}, std::strerror(errno));
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

}  // namespace lockstep::settings
