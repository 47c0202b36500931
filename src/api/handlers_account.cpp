// One account of a live mirror.
#include "api/handlers.hpp"
#include "api/json.hpp"

namespace lockstep::api {
namespace {

Json fields_json(const mirror::Row& row) {
  Json out = Json::object();
  const auto fields = mirror::info(row.key.table).fields;
  for (std::size_t i = 0; i < fields.size(); ++i) out[std::string(fields[i])] = mirror::to_text(row.values[i]);
  return out;
}

Json position_json(const mirror::Row& row) {
  Json position = {{"market", row.key.market}};
  position.update(fields_json(row));
  return position;
}

Json holding_json(const mirror::Row& row) {
  Json holding = {{"holding", std::to_string(row.key.order)}};
  holding.update(fields_json(row));
  holding.erase("account");
  return holding;
}

/// A row is sorted by its key: the account's own comes first, then one per market, then what it has in pools, then its
/// holdings.
Json account_json(const view::MirrorAccount& account) {
  Json out = fields_json(account.rows.front());
  out["positions"] = Json::array();
  for (const auto& row : account.rows) {
    if (row.key.table == mirror::Table::position) out["positions"].push_back(position_json(row));
    if (row.key.table == mirror::Table::pool_account)
      out["pools"] = {{"owed", mirror::to_text(row.values.front())}, {"positions", Json::array()}};
    if (row.key.table == mirror::Table::pool_position) {
      Json position = position_json(row);
      position.erase("pending");  // no event tells it
      out["pools"]["positions"].push_back(std::move(position));
    }
    if (row.key.table == mirror::Table::holding) out["holdings"].push_back(holding_json(row));
  }
  return out;
}

}  // namespace

Response get_mirror_account(const Call& call) {
  const auto& [instance, text] = std::tie(call.parameters[0], call.parameters[1]);
  const auto address = fixed_from_hex<Address>(text);
  if (!address) return problem(400, "bad-address", "\"" + text + "\" is no account: 0x and 40 digits");
  for (const auto& mirror : call.context.snapshot->mirrors) {
    if (mirror.protocol + ":" + mirror.chain != instance) continue;
    const auto found = call.context.handlers->mirror_account(mirror.protocol, mirror.chain, *address);
    if (!found) return problem(503, "mirror-unreadable", found.error());
    if (found->rows.empty()) return problem(404, "unknown-account", "the mirror knows no account " + to_hex(*address));
    Json out = {{"schema", "lockstep.mirror-account/1"},
                {"instance", instance},
                {"account", to_hex(*address)},
                {"block_num", number(found->block_num)},
                {"block_time", time_s(found->block_time)}};
    out.update(account_json(*found));
    return {.body = dump(out)};
  }
  return problem(404, "unknown-instance", "no mirror of this instance (protocol:chain): " + instance);
}

}  // namespace lockstep::api
