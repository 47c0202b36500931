// Row-by-row comparison: two sorted lists walked together.
#include <algorithm>

#include "base/assert.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::mirror {
namespace {

void compare_values(const Row& expected, const Row& found, std::size_t limit, std::vector<Difference>& out) {
  const auto fields = info(expected.key.table).fields;
  LOCKSTEP_ASSERT(expected.values.size() == fields.size() && found.values.size() == fields.size());
  for (std::size_t i = 0; i < fields.size() && out.size() < limit; ++i) {
    if (expected.values[i] == found.values[i]) continue;
    out.push_back({expected.key, std::string(fields[i]), to_text(expected.values[i]), to_text(found.values[i])});
  }
}

}  // namespace

std::vector<Difference> compare(const Rows& expected, const Rows& found, std::size_t limit) {
  std::vector<Difference> out;
  auto left = expected.begin();
  auto right = found.begin();
  while (out.size() < limit && (left != expected.end() || right != found.end())) {
    if (right == found.end() || (left != expected.end() && left->key < right->key)) {
      out.push_back({left->key, "", "a row", "nothing"});
      ++left;
    } else if (left == expected.end() || right->key < left->key) {
      out.push_back({right->key, "", "nothing", "a row"});
      ++right;
    } else {
      compare_values(*left++, *right++, limit, out);
    }
  }
  return out;
}

}  // namespace lockstep::mirror
