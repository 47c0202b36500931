#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "adapters/evm/compile_check.hpp"
#include "adapters/evm/compile_parts.hpp"

namespace lockstep::evm {
namespace {

std::optional<mirror::Tolerance> resolve(const settings::ToleranceText& text, std::vector<Error>& errors) {
  const auto refuse = [&](std::string what, std::string why = {}, std::string next = {}) {
    errors.push_back({std::move(what), text.where, std::move(why), std::move(next)});
    return std::nullopt;
  };
  const auto table = mirror::table_from_name(text.table);
  if (!table) return refuse("mirror table \"" + text.table + "\" is not known", {}, "docs/mirror.md lists the tables");
  const auto& info = mirror::info(*table);
  if (std::ranges::find(info.fields, text.field) == info.fields.end())
    return refuse(fmt::format("mirror table {} has no field \"{}\"", info.name, text.field), {},
                  "its fields are: " + join(info.fields));
  const auto at_most = signed_number(text.at_most), sum = signed_number(text.sum_at_most);
  const auto name = fmt::format("tolerance of {} {}", info.name, text.field);
  if (!at_most || !sum) return refuse(name + ": a bound is no whole number of at most 127 bits");
  mirror::Tolerance made{*table, text.field, *at_most, *sum};
  if (auto why = mirror::check(made); !why.empty())
    return refuse(name + " cannot be", std::move(why), "leave it out to compare exactly");
  return made;
}

}  // namespace

std::vector<mirror::Tolerance> resolve_tolerances(const settings::PlanDocument& document, std::vector<Error>& errors) {
  std::vector<mirror::Tolerance> all;
  for (const auto& text : document.tolerances) {
    auto made = resolve(text, errors);
    if (!made) continue;
    const bool again =
        std::ranges::any_of(all, [&](const auto& one) { return one.table == made->table && one.field == made->field; });
    if (again)
      errors.push_back(
          {fmt::format("tolerance of {} {} is declared twice", text.table, text.field), text.where, {}, "keep one"});
    else
      all.push_back(*std::move(made));
  }
  std::ranges::sort(all, {}, [](const auto& one) { return std::tie(one.table, one.field); });
  return all;
}

}  // namespace lockstep::evm
