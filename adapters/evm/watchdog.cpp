#include "adapters/evm/watchdog.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/evm/stored_hex.hpp"

namespace lockstep::evm {

using nlohmann::json;

bool Watchdog::add(Change change) {
  if (!begun() || change.block.num <= *upto_) return false;
  const bool known = std::ranges::any_of(told_, [&](const Change& other) {
    return other.block.hash == change.block.hash && other.log_index == change.log_index &&
           other.protocol == change.protocol;
  });
  const auto open = std::ranges::count_if(told_, [&](const Change& other) { return other.block.num > *upto_; });
  if (known || static_cast<std::size_t>(open) >= kept_max) return false;
  told_.push_back(std::move(change));
  return true;
}

std::vector<Watchdog::Change> Watchdog::take(const std::function<bool(const Change&)>& which) {
  std::vector<Change> taken;
  std::ranges::copy_if(told_, std::back_inserter(taken), which);
  std::erase_if(told_, which);
  return taken;
}

std::vector<Watchdog::Change> Watchdog::finish(std::uint64_t num,
                                               const std::function<bool(const coordinator::BlockRef&)>& replaced) {
  if (!begun() || num <= *upto_) return {};
  auto gone = take([&](const Change& change) {
    return change.block.num > *upto_ && change.block.num <= num && replaced(change.block);
  });
  upto_ = num;
  auto final = std::ranges::count_if(told_, [&](const Change& change) { return change.block.num <= num; });
  std::erase_if(told_, [&](const Change& change) {
    return change.block.num <= num && static_cast<std::size_t>(final--) > final_kept;
  });
  return gone;
}

std::vector<Watchdog::Change> Watchdog::retract(std::uint64_t first_num) {
  if (begun() && *upto_ >= first_num) upto_ = first_num == 0 ? 0 : first_num - 1;
  return take([&](const Change& change) { return change.block.num >= first_num; });
}

json Watchdog::to_json() const {
  json list = json::array();
  for (const auto& [protocol, block, log_index, detail] : told_)
    list.push_back({{"protocol", protocol},
                    {"num", block.num},
                    {"hash", to_hex(block.hash)},
                    {"time", block.time},
                    {"log_index", log_index},
                    {"detail", detail}});
  json value{{"told", std::move(list)}};
  if (upto_) value["upto"] = *upto_;
  return value;
}

Result<Watchdog> Watchdog::from_json(const json& value) {
  try {
    Watchdog dog;
    if (value.contains("upto")) dog.upto_ = value.at("upto").get<std::uint64_t>();
    for (const auto& one : value.at("told"))
      dog.told_.push_back(
          {one.at("protocol").get<std::string>(),
           {one.at("num").get<std::uint64_t>(), fixed<Hash32>(one.at("hash")), one.at("time").get<std::uint64_t>()},
           one.at("log_index").get<std::uint32_t>(),
           one.at("detail").get<std::string>()});
    return dog;
  } catch (const json::exception& error) {
    return fail("what was kept of unplanned changes is damaged", {}, error.what(),
                "remove watchdog.json from the chain's state directory: what happened while we were down is then not "
                "looked at");
  }
}

}  // namespace lockstep::evm
