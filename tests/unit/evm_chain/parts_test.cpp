#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "adapters/evm/bindings.hpp"
#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/mirror_audit.hpp"
#include "adapters/evm/txn_intent.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using nlohmann::json;

std::string canonical(const json& input) {
  if (!input.contains("components")) return input.at("type").get<std::string>();
  std::string text = "(";
  for (const auto& part : input.at("components")) text += (text.size() > 1 ? "," : "") + canonical(part);
  return text + ")" + input.at("type").get<std::string>().substr(5);
}

TEST(RevertText, KnowsEveryErrorOfTheGate) {
  std::ifstream file(std::string(LOCKSTEP_SOURCE_DIR) + "/contracts_abi/LockstepGate.json");
  ASSERT_TRUE(file.good());
  int errors = 0;
  const auto gate = json::parse(file);
  for (const auto& entry : gate.at("abi")) {
    if (entry.at("type") != "error") continue;
    errors++;
    std::string signature = entry.at("name").get<std::string>() + "(";
    std::vector<abi::Type> types;
    std::vector<abi::Value> values;
    for (const auto& input : entry.at("inputs")) {
      signature += (types.empty() ? "" : ",") + canonical(input);
      types.push_back(abi::parse_type(canonical(input)).value());
      values.push_back({});
    }
    const auto hash = crypto::keccak256(std::string_view(signature + ")"));
    Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    append(data, abi::encode(types, values));
    EXPECT_EQ(std::string::npos, revert_text(data).find("unknown")) << signature;
  }
  EXPECT_GT(errors, 20);
}

TEST(RevertText, UnfoldsTheReasonOfAFailedStep) {
  const auto failed = abi::parse_function("StepFailed(uint8,uint256,bytes)").value();
  const auto message =
      abi::encode_call(abi::parse_function("Error(string)").value(), {abi::of(BytesView(to_bytes("no funds")))});
  EXPECT_EQ(
      "switch call 1 failed: \"no funds\"",
      revert_text(abi::encode_call(failed, {abi::of(Uint256(3)), abi::of(Uint256(1)), abi::of(BytesView(message))})));
  EXPECT_EQ("unknown error 0xdeadbeef", revert_text(*bytes_from_hex("0xdeadbeef")));
  EXPECT_EQ("reverted without a reason", revert_text({}));
}

TEST(GateStatus, RefusesAPhaseWeDoNotKnow) {
  Bytes words(16 * 32, 0);
  EXPECT_TRUE(decode_status(words, {}).has_value());
  words[31] = 5;
  EXPECT_FALSE(decode_status(words, {}).has_value());
  EXPECT_FALSE(decode_status(BytesView(words).first(15 * 32), {}).has_value());
}

settings::InstanceConfig instance() {
  settings::InstanceConfig config;
  config.gate = address(1);
  config.timelock.address = address(2);
  config.contracts["market"] = {.address = address(3), .abi = ""};
  return config;
}

TEST(EventBindings, DecodesABoundEventAndRefusesOneThatDoesNotFit) {
  const auto bindings = EventBindings::parse(instance(), {{"market",
                                                           "Deposited(address indexed account, uint256 amount)",
                                                           "deposit",
                                                           {{"account", "account"}, {"amount", "amount"}},
                                                           "here"}});
  ASSERT_TRUE(bindings.has_value());
  Log log;
  log.address = address(3);
  log.topics = {crypto::keccak256(std::string_view("Deposited(address,uint256)")), abi::as_hash(abi::of(address(9)))};
  const auto amount = to_word(Uint256(250));
  log.data.assign(amount.bytes.begin(), amount.bytes.end());
  log.block_num = 7;
  const auto operations = bindings->decode(log);
  ASSERT_TRUE(operations.has_value());
  ASSERT_EQ(1U, operations->size());
  EXPECT_EQ(address(9), std::get<Address>((*operations)[0].args[0]));
  EXPECT_EQ(250, static_cast<int>(std::get<mirror::Int>((*operations)[0].args[1])));
  log.data.assign(32, 0xff);
  EXPECT_FALSE(bindings->decode(log).has_value()) << "2^256-1 does not fit the mirror";
  log.address = address(4);
  EXPECT_TRUE(bindings->decode(log)->empty()) << "another contract's event is none of ours";
}

TEST(EventBindings, RefusesWhatCannotBeMeant) {
  const auto why = [](settings::EventBinding binding) {
    const auto parsed = EventBindings::parse(instance(), {binding});
    return parsed ? std::string() : parsed.error().what;
  };
  const std::string signature = "Deposited(address indexed account, uint256 amount)";
  EXPECT_EQ("event binding names an unknown contract", why({"nobody", signature, "deposit", {}, ""}));
  EXPECT_EQ("event binding names an unknown operation", why({"market", signature, "donate", {}, ""}));
  EXPECT_EQ("event binding lacks a field", why({"market", signature, "deposit", {{"account", "account"}}, ""}));
  EXPECT_EQ("event binding names an unknown parameter",
            why({"market", signature, "deposit", {{"account", "account"}, {"amount", "sum"}}, ""}));
  EXPECT_EQ("event binding has the wrong type",
            why({"market", signature, "deposit", {{"account", "amount"}, {"amount", "amount"}}, ""}));
  EXPECT_EQ(
      "event binding binds a field the operation does not have",
      why({"market", signature, "deposit", {{"account", "account"}, {"amount", "amount"}, {"more", "amount"}}, ""}));
}

TEST(EventBindings, CalculatesWhereUnitsDiffer) {
  const std::string signature = "Traded(address indexed account, int256 size, uint256 sqrtPriceX96)";
  const auto parse = [&](const std::string& amount) {
    return EventBindings::parse(
        instance(), {{"market", signature, "deposit", {{"account", "account"}, {"amount", amount}}, "acme.toml:7:1"}});
  };
  const auto bindings =
      parse("down(-size * sqrtPriceX96 * sqrtPriceX96, 0x1000000000000000000000000000000000000000000000000)");
  ASSERT_TRUE(bindings.has_value()) << bindings.error().text();
  Log log;
  log.address = address(3);
  log.topics = {crypto::keccak256(std::string_view("Traded(address,int256,uint256)")),
                abi::as_hash(abi::of(address(9)))};
  const auto size = to_word(~Uint256(7) + 1), price = to_word(Uint256(3) << 97);  // -7 at 36
  log.data.assign(size.bytes.begin(), size.bytes.end());
  append(log.data, price.view());
  const auto operations = bindings->decode(log);
  ASSERT_TRUE(operations.has_value()) << operations.error().text();
  EXPECT_EQ(7 * 36, static_cast<int>(std::get<mirror::Int>((*operations)[0].args[1])));

  const auto exact = parse("size / 2");
  ASSERT_TRUE(exact.has_value());
  EXPECT_NE(exact->decode(log).error().why.find("amount of Traded, column 6: the quotient is not whole"),
            std::string::npos);
  const auto wrong = [&](const std::string& amount) { return parse(amount).error(); };
  EXPECT_EQ("event binding is no expression", wrong("size *").what);
  EXPECT_EQ("amount = \"size *\", column 7: it ends where a name or a number is needed", wrong("size *").why);
  EXPECT_EQ("acme.toml:7:1", wrong("size *").where);
  EXPECT_EQ("event binding has the wrong type", wrong("account + 1").what);
  EXPECT_EQ("amount = \"2 * sise\", column 5: nothing is named \"sise\"", wrong("2 * sise").why);
}

TEST(EventBindings, TakeOnlyEventsOfWhichTheirConditionHolds) {
  const std::string signature = "Moved(address indexed token, address indexed account, int256 amount)";
  auto config = instance();
  config.contracts["usdc"] = {.address = address(5), .abi = ""};
  const auto parse = [&](const std::string& when) {
    return EventBindings::parse(
        config, {{"market", signature, "deposit", {{"account", "account"}, {"amount", "amount"}}, "here", when}});
  };
  Log log;
  log.address = address(3);
  const auto told = [&](const std::string& when, std::uint8_t token, std::int64_t amount) {
    log.topics = {crypto::keccak256(std::string_view("Moved(address,address,int256)")),
                  abi::as_hash(abi::of(address(token))), abi::as_hash(abi::of(address(9)))};
    const auto word = to_word(amount < 0 ? Uint256(~Uint256(-amount) + 1) : Uint256(amount));
    log.data.assign(word.bytes.begin(), word.bytes.end());
    const auto bindings = parse(when);
    if (!bindings) return bindings.error().text();
    const auto operations = bindings->decode(log);
    return operations ? std::to_string(operations->size()) : operations.error().text();
  };
  EXPECT_EQ("1", told("token == usdc && amount > 0", 5, 7));
  EXPECT_EQ("0", told("token == usdc && amount > 0", 5, -7));
  EXPECT_EQ("0", told("token == usdc && amount > 0", 6, 7));
  EXPECT_EQ("1", told("token != 0x0000000000000000000000000000000000000005", 6, 7));
  EXPECT_EQ("1", told("amount * 2 >= 14", 6, 7));
  EXPECT_EQ("event binding has a bad condition (here): when = \"token == eth\", column 10: nothing is named \"eth\"",
            told("token == eth", 6, 7));
  EXPECT_NE(std::string::npos, told("token == amount", 6, 7).find("column 10: an address is compared with a number"));
  EXPECT_NE(std::string::npos, told("token < account", 6, 7).find("column 9: addresses are equal or not"));
  EXPECT_NE(std::string::npos, told("amount / 2 == 3", 6, 7).find("the quotient is not whole"));
}

TEST(Bindings, KnowMarketsThatTheChainNamesByAddress) {
  auto config = instance();
  config.markets["vETH"] = {.id = 4, .address = address(7)};
  const auto events = EventBindings::parse(
      config, {{"market", "Added(address indexed baseToken)", "add_pool", {{"market", "baseToken"}}, "here"}});
  ASSERT_TRUE(events.has_value()) << events.error().text();
  Log log;
  log.address = address(3);
  log.topics = {crypto::keccak256(std::string_view("Added(address)")), abi::as_hash(abi::of(address(7)))};
  ASSERT_TRUE(events->decode(log).has_value());
  EXPECT_EQ(events->decode(log)->front().args, (std::vector<mirror::Value>{mirror::Int{4}}));
  log.topics[1] = abi::as_hash(abi::of(address(8)));
  EXPECT_NE(std::string::npos, events->decode(log).error().text().find("market is none of [instance.markets]"));

  const auto views = ViewBindings::parse(
      config, {{"",
                "pool",
                "price(uint256 interval) view returns (uint256 p)",
                {{"mark", "p"}},
                "",
                "market",
                {{"interval", "900"}},
                true},
               {"market",
                "pool_position",
                "sizeOf(address account, address market, bool base, address of) view returns (int256 s)",
                {{"size", "s"}},
                "",
                "",
                {{"base", "true"}, {"of", "market"}}}});
  ASSERT_TRUE(views.has_value()) << views.error().text();
  EXPECT_TRUE(views->observe());
  mirror::Rows rows{
      {{.table = mirror::Table::pool, .account = {}, .market = 4, .order = 0}, {mirror::Int{0}, mirror::Int{0}}},
      {{.table = mirror::Table::pool_position, .account = address(9), .market = 4, .order = 0},
       {mirror::Int{0}, mirror::Int{0}, mirror::Int{0}, mirror::Int{0}}}};
  const auto calls = views->calls_for(rows, 0, rows.size());
  ASSERT_TRUE(calls.has_value()) << calls.error().text();
  ASSERT_EQ(calls->size(), 2U);
  EXPECT_EQ((*calls)[0].target, address(7));
  EXPECT_TRUE((*calls)[0].observes);
  EXPECT_EQ((*calls)[1].target, address(3));
  EXPECT_FALSE((*calls)[1].observes);
  const auto sized = abi::parse_function("sizeOf(address,address,bool,address)");
  EXPECT_EQ((*calls)[1].data, abi::encode_call(*sized, {abi::of(address(9)), abi::of(address(7)), abi::of(Uint256(1)),
                                                        abi::of(address(3))}));
  rows[0].key.market = 5;
  EXPECT_NE(std::string::npos,
            views->calls_for(rows, 0, rows.size()).error().text().find("market has no address in [instance.markets]"));
}

// A pool that has no address of its own among the parameters, and terms told in a struct, as option markets do.
TEST(EventBindings, TakeMembersOfTuplesAndAddressesThatAreAlwaysTheSame) {
  const std::string signature =
      "Trade(address indexed trader, (uint256 strikeId, int256 amount, (address quote, uint256 price) terms) trade, "
      "(uint256 a) indexed hashed)";
  const std::string pool = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  const auto parse = [&](const std::string& seller, const std::string& price) {
    return EventBindings::parse(instance(), {{"market",
                                              signature,
                                              "trade_series",
                                              {{"market", "trade.strikeId * 2"},
                                               {"buyer", "trader"},
                                               {"seller", seller},
                                               {"size", "-trade.amount"},
                                               {"trade_price", price}},
                                              "acme.toml:7:1"}});
  };
  const auto bindings = parse(pool, "down(trade.terms.price, 1e12)");
  ASSERT_TRUE(bindings.has_value()) << bindings.error().text();
  Log log;
  log.address = address(3);
  log.topics = {crypto::keccak256(std::string_view("Trade(address,(uint256,int256,(address,uint256)),(uint256))")),
                abi::as_hash(abi::of(address(9))), crypto::keccak256(std::string_view("hidden"))};
  for (const Uint256& word : {Uint256(11), Uint256(~Uint256(5) + 1), Uint256(8), Uint256(7'000'000'000'000)})
    append(log.data, to_word(word).view());
  const auto operations = bindings->decode(log);
  ASSERT_TRUE(operations.has_value()) << operations.error().text();
  EXPECT_EQ(operations->front().args,
            (std::vector<mirror::Value>{mirror::Int{22}, address(9), *fixed_from_hex<Address>(pool), mirror::Int{5},
                                        mirror::Int{7}, mirror::Int{0}, mirror::Int{0}}));
  const auto told = parse("trade.terms.quote", "1");
  ASSERT_TRUE(told.has_value()) << told.error().text();
  EXPECT_EQ(told->decode(log)->front().args[2], mirror::Value{address(8)});

  const auto wrong = [&](const std::string& seller, const std::string& price) { return parse(seller, price).error(); };
  EXPECT_EQ("acme.toml:7:1", wrong(pool, "trade.cost").where);
  EXPECT_EQ(
      "trade_price = \"1 + trade.cost\", column 11: \"trade\" has no member \"cost\"; it has: strikeId, amount, terms",
      wrong(pool, "1 + trade.cost").why);
  EXPECT_EQ("trade_price = \"trader.cost\", column 1: \"trader\" has no members", wrong(pool, "trader.cost").why);
  EXPECT_EQ("trade_price = \"hashed.a\", column 1: \"hashed\" is indexed: only its hash is told",
            wrong(pool, "hashed.a").why);
  EXPECT_EQ("trade_price = \"trade.terms\", column 1: \"trade.terms\" is of type (address,uint256), no number",
            wrong(pool, "trade.terms").why);
  EXPECT_EQ("bind an integer, a boolean, or an expression of them", wrong(pool, pool).next);
  EXPECT_EQ("bind an address", wrong("trade.amount", "1").next);
  EXPECT_NE(wrong("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1").why.find("column 1"), std::string::npos)
      << "its checksum is wrong";
}

TEST(ViewBindings, CalculateToo) {
  const auto bindings = ViewBindings::parse(
      instance(), {{"market",
                    "account",
                    "marginOf(address account) view returns (int256 equity, uint256 initial)",
                    {{"equity", "toward_zero(equity, 1e12)"}, {"initial_margin", "up(initial, 1e12)"}},
                    ""}});
  ASSERT_TRUE(bindings.has_value()) << bindings.error().text();
  mirror::Rows rows{{.key = {.table = mirror::Table::account, .account = address(9)},
                     .values = {mirror::Int{1}, mirror::Int{2}, mirror::Int{3}, mirror::Int{4}}}};
  const auto calls = bindings->calls_for(rows, 0, rows.size());
  Bytes answer;
  append(answer, to_word(~Uint256(2'500'000'000'000) + 1).view());
  append(answer, to_word(Uint256(2'500'000'000'000)).view());
  ASSERT_TRUE(bindings->read_into(rows, (*calls)[0], answer).has_value());
  EXPECT_EQ((std::vector<mirror::Value>{mirror::Int{1}, mirror::Int{-2}, mirror::Int{3}, mirror::Int{4}}),
            rows[0].values);
}

TEST(ViewBindings, AsksPerRowAndWritesWhatTheChainSays) {
  const auto bindings =
      ViewBindings::parse(instance(), {{"market",
                                        "account",
                                        "marginOf(address account) view returns (int256 equity, uint256 initial)",
                                        {{"equity", "equity"}, {"initial_margin", "initial"}},
                                        ""}});
  ASSERT_TRUE(bindings.has_value()) << bindings.error().text();
  mirror::Rows rows{{.key = {.table = mirror::Table::account, .account = address(9)},
                     .values = {mirror::Int{1}, mirror::Int{2}, mirror::Int{3}, mirror::Int{4}}}};
  const auto calls = bindings->calls_for(rows, 0, rows.size());
  ASSERT_EQ(1U, calls->size());
  Bytes answer(32, 0xff);  // -1
  const auto initial = to_word(Uint256(77));
  append(answer, initial.view());
  ASSERT_TRUE(bindings->read_into(rows, (*calls)[0], answer).has_value());
  EXPECT_EQ((std::vector<mirror::Value>{mirror::Int{1}, mirror::Int{-1}, mirror::Int{77}, mirror::Int{4}}),
            rows[0].values);
  EXPECT_FALSE(bindings->read_into(rows, (*calls)[0], BytesView(answer).first(32)).has_value());
}

// Two accounts; what the new version computes for the first is a unit less, and its collateral too.
TEST(MirrorAudit, TellsWhatIsToleratedFromWhatIsNot) {
  const auto row = [](std::uint8_t owner, mirror::Int collateral, mirror::Int equity) {
    return mirror::Row{{.table = mirror::Table::account, .account = address(owner)},
                       {collateral, equity, mirror::Int{0}, mirror::Int{0}}};
  };
  const mirror::Rows expected{row(8, 100, 90), row(9, 50, 40)};
  const Audit audit{.found = {row(8, 99, 89), row(9, 50, 40)}, .known = std::nullopt, .reverted = {}, .views = 2};
  const auto rows_under = [&](const std::vector<mirror::Tolerance>& tolerances) {
    Rows rows;
    add_mirror_rows(rows, expected, audit, tolerances);
    std::string all;
    for (const auto& one : rows.take()) {
      const char* colour = one.colour == Colour::green ? "green" : one.colour == Colour::red ? "RED" : "amber";
      all += fmt::format("{} {} {}: {}\n", one.name, one.level, colour, one.detail);
    }
    return all;
  };
  const std::string name = "account " + to_hex(address(8));
  EXPECT_EQ(rows_under({}), "mirror-state E4 RED: 1 of 2 rows differ: " + name +
                                " collateral: expected 100, found 99\n"
                                "mirror-margin E5 RED: 1 of 2 rows differ: " +
                                name + " equity: expected 90, found 89\n");
  const mirror::Tolerance equity{mirror::Table::account, "equity", 1}, exact{mirror::Table::account, "collateral", 1},
      drifting{mirror::Table::account, "collateral", 1, 1};
  const std::string both =
      "mirror-state E4 green: 2 rows, 2 views: equal\nmirror-margin E5 green: 2 rows, 2 views: equal\n";
  const std::string within = "2 fields within the plan's tolerances: " + name +
                             " collateral: expected 100, found 99; " + name + " equity: expected 90, found 89";
  EXPECT_EQ(rows_under({equity, drifting}), both + "mirror-tolerated E4 green: " + within + "\n");
  EXPECT_EQ(rows_under({equity, exact}),
            both + "mirror-tolerated E4 RED: " + within +
                "; but account collateral: differences add up to -1, at most 0 declared\n");
  EXPECT_EQ(in_words(expected, audit, {}).first, 2U);
  EXPECT_EQ(in_words(expected, audit, std::vector{equity}).first, 1U);
  EXPECT_EQ(in_words(expected, audit, std::vector{equity, exact}).first, 0U);
}

TEST(TxnIntent, OutlivesARestart) {
  TxnIntent intent;
  intent.key = "switch/0x12/0";
  intent.plan.bytes[3] = 9;
  intent.action = coordinator::Action::close;
  intent.outcome = coordinator::Outcome::old_version;
  intent.attempt = 2;
  intent.state = TxnState::sent;
  intent.txn = {.chain_id = 5,
                .nonce = 11,
                .gas_limit = 90'000,
                .max_priority_fee = 3,
                .max_fee = 400,
                .to = address(4),
                .value = 0,
                .data = {1, 2, 3}};
  intent.hashes = {Hash32{}};
  const auto again = TxnIntent::from_json(json::parse(intent.to_json().dump()));
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(intent.txn, again->txn);
  EXPECT_EQ(intent.to_json(), again->to_json());
  auto damaged = intent.to_json();
  damaged["action"] = 9;
  EXPECT_FALSE(TxnIntent::from_json(damaged).has_value());
}

TEST(TxnIntent, RaisesBothFeesByAnEighthUpToTheCap) {
  Txn txn{.max_priority_fee = 10, .max_fee = 100, .to = {}, .data = {}};
  EXPECT_TRUE(raise_fees(txn, 1000));
  EXPECT_EQ(113, static_cast<int>(txn.max_fee));
  EXPECT_EQ(12, static_cast<int>(txn.max_priority_fee));
  EXPECT_FALSE(raise_fees(txn, 120));
  EXPECT_EQ(113, static_cast<int>(txn.max_fee));
}

TEST(StateDir, KeepsTheOldTextOrTheNewAndSaysWhenAFileIsDamaged) {
  const auto path = std::filesystem::temp_directory_path() / ("lockstep-state-" + std::to_string(::getpid()));
  auto state = StateDir::open(path);
  ASSERT_TRUE(state.has_value());
  EXPECT_FALSE(state->read("final").value().has_value());
  ASSERT_TRUE(state->write("final", {{"num", 1}}).has_value());
  ASSERT_TRUE(state->write("final", {{"num", 2}}).has_value());
  EXPECT_EQ(2, state->read("final").value().value()["num"]);
  EXPECT_EQ(1U, state->read_all("fin").value().size());
  std::ofstream(path / "final.json") << "{\"num\":";
  EXPECT_FALSE(state->read("final").has_value());
  std::filesystem::remove_all(path);
  EXPECT_FALSE(state->write("final", {{"num", 3}}).has_value()) << "a full or missing disk is an error, not silence";
}

}  // namespace
}  // namespace lockstep::evm
