// The mirror's views tried under the new code, of a node that answers as if it ran the rehearsal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/evm/leaf_codec.hpp"
#include "adapters/evm/shadow_vectors.hpp"
#include "tests/support/address.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using mirror::Int;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::uint64_t accounts = 150;  // more than are asked for in one call
const Address bank = address(3), gate = address(4);
const char* const rehearse_text = ",bool,(address,uint256,bytes)[])(uint8,uint16,bytes,bytes[])";

class ShadowVectors : public ::testing::Test {
 protected:
  /// Account n holds n and must hold a tenth of the only market's size, 100 x n at mark 10, before; a fifth after.
  ShadowVectors() : rehearse_(abi::parse_function("rehearse(" + std::string(leaf_type_text) + rehearse_text).value()) {
    EXPECT_TRUE(pool_.connect());
    chain_.answer("eth_call", [this](const auto&, const json& params) { return answer(params); });
    settings::InstanceConfig config;
    config.contracts["bank"].address = bank;
    const std::string view =
        "marginOf(address account) view returns (int256 equity, uint256 initial, uint256 maintenance)";
    views_ = ViewBindings::parse(
                 config, {{"bank",
                           "account",
                           view,
                           {{"equity", "equity"}, {"initial_margin", "initial"}, {"maintenance_margin", "maintenance"}},
                           ""}})
                 .value();
    plan_.compiled.leaf.gate = gate;
    plan_.compiled.leaf.switch_calls = plan_.compiled.leaf.rollback_calls = {{.target = bank, .value = 0, .data = {}}};
    plan_.compiled.deltas = {{market_, "initial_bps", Int{2'000}}};
    coordinator::BlockRef block{.num = 77, .hash = {}, .time = 0};
    block.hash.bytes[0] = 7;
    mirror::Rows rows{
        {{}, {Int{0}, Int{1}}},
        {market_, {Int{1'000}, Int{500}, Int{0}, Int{0}, Int{0}, Int{0}, Int{0}, Int{0}, Int{10}, Int{0}, Int{0}}}};
    for (std::uint64_t i = 0; i < accounts; ++i)
      rows.push_back({{.table = mirror::Table::account, .account = address(i), .market = 0, .order = 0},
                      {Int{i}, Int{i}, Int{100 * i}, Int{50 * i}}});
    for (std::uint64_t i = 0; i < accounts; ++i)
      rows.push_back({{.table = mirror::Table::position, .account = address(i), .market = 1, .order = 0},
                      {Int{100 * i}, -Int{1'000 * i}, Int{0}, Int{0}, Int{0}}});
    part_ = std::make_shared<const ports::Expected>(rows, std::vector<Hash32>{}, block);
  }

  json answer(const json& params) {
    EXPECT_EQ(params[0]["to"], to_hex(gate));
    EXPECT_EQ(params[1]["blockHash"], to_hex(part_->block.hash));
    EXPECT_TRUE(params[2][to_hex(gate)].contains("code")) << "without the override it would be the gate itself";
    const auto data = bytes_from_hex(params[0]["data"].get<std::string>()).value();
    const auto arguments = abi::decode(rehearse_.inputs, BytesView(data).subspan(4)).value();
    const bool back = arguments[1].word != 0;
    abi::Value results;
    std::uint64_t step = back ? step_back_ : step_, at = 0;
    for (const auto& view : arguments[2].elements) {
      const auto number = static_cast<std::uint64_t>(
          from_word(*fixed_from_hex<Hash32>(to_hex(BytesView(view.elements[2].bytes).subspan(4)))));
      if ((reverts_ == number && !back) || results.elements.size() == room_) {
        at = results.elements.size();
        step = 9;
        break;
      }
      results.elements.push_back(abi::of(BytesView(margins(number, back))));
      ++asked_;
    }
    if (step != 0) results.elements.clear();
    return to_hex(
        abi::encode(rehearse_.outputs, {abi::of(Uint256(step)), abi::of(Uint256(at)), abi::of(BytesView{}), results}));
  }
  Bytes margins(std::uint64_t number, bool back) const {
    const std::uint64_t wrong = (back ? wrong_back_ : wrong_) == number ? 1 : 0;
    Bytes words;
    for (const std::uint64_t value : {number, (back ? 100 : 200) * number + wrong, 50 * number})
      append(words, to_word(Uint256(value)).view());
    return words;
  }

  CheckRow only_row(bool sampled = true) {
    Rows rows;
    if (!sampled) part_ = nullptr;
    add_vector_rows(rows, pool_, plan_, {views_, part_, {}});
    const auto made = rows.take();
    EXPECT_EQ(made.size(), 1U);
    EXPECT_EQ(made.at(0).name, "shadow-vectors");
    return made.at(0);
  }

  const mirror::Key market_{.table = mirror::Table::market, .account = {}, .market = 1, .order = 0};
  const abi::Function rehearse_;
  std::uint64_t step_ = 0, step_back_ = 0;
  std::optional<std::uint64_t> wrong_, wrong_back_, reverts_;
  std::size_t room_ = accounts;  // views for which there is gas
  std::atomic<std::size_t> asked_ = 0;
  tests::FakeChain chain_;
  tests::FakeServer server_{chain_.handler()};
  EndpointPool pool_{{{"node", server_.url()}}, {.chain_id = 1}};
  ViewBindings views_;
  FollowedPlan plan_;
  ports::ExpectedRows part_;
};

TEST_F(ShadowVectors, AreGreenWhereTheNewCodeAnswersAsTheMirrorUnderThePlannedChanges) {
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::green);
  EXPECT_EQ(row.detail,
            "150 views of 302 rows answer at block 77 as the mirror has them under the new code, and after the "
            "rollback as now");
  EXPECT_EQ(asked_, 2 * accounts);
}

TEST_F(ShadowVectors, NeedNoWayBack) {
  plan_.compiled.leaf.rollback_calls.clear();
  EXPECT_EQ(only_row().detail, "150 views of 302 rows answer at block 77 as the mirror has them under the new code");
  EXPECT_EQ(asked_, accounts);
}

TEST_F(ShadowVectors, NameWhatTheNewCodeComputesOtherwise) {
  wrong_ = 149;
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::red);
  EXPECT_EQ(row.detail, "under the new code at block 77: fields that differ: 1; account " + to_hex(address(149)) +
                            " initial_margin: expected 29800, found 29801");
}

TEST_F(ShadowVectors, NameWhatTheRollbackDoesNotPutBack) {
  wrong_back_ = 3;
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::red);
  EXPECT_THAT(row.detail, HasSubstr("after the rollback at block 77: fields that differ: 1; account " +
                                    to_hex(address(3)) + " initial_margin: expected 300, found 301"));
}

TEST_F(ShadowVectors, AreRedWhereAChangeIsNotDeclared) {
  plan_.compiled.deltas.clear();
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::red);
  EXPECT_THAT(row.detail, HasSubstr("fields that differ: 149"));
}

TEST_F(ShadowVectors, AreRedWhereAViewFailsUnderTheNewCodeAndNameIt) {
  reverts_ = 100;
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::red);
  EXPECT_THAT(row.detail, HasSubstr("a view of account " + to_hex(address(100)) + " fails"));
}

TEST_F(ShadowVectors, AreAskedInPartsWhereManyTakeMoreGasThanThereIs) {
  room_ = 10;
  EXPECT_EQ(only_row().colour, Colour::green);
  wrong_ = 57;
  EXPECT_THAT(only_row().detail, HasSubstr("fields that differ: 1; account " + to_hex(address(57))))
      << "in their order";
}

TEST_F(ShadowVectors, AreRedWhereThePlannedChangesDoNotFit) {
  plan_.compiled.deltas = {
      {{.table = mirror::Table::market, .account = {}, .market = 9, .order = 0}, "initial_bps", Int{1}}};
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::red);
  EXPECT_THAT(row.detail, HasSubstr("market 9 initial_bps: there is no such row"));
}

// The row of the shadow run says why; that there are no vectors is no second reason.
TEST_F(ShadowVectors, AreAmberWhereTheSwitchDoesNotHoldAtThatBlock) {
  step_ = 3;
  const auto row = only_row();
  EXPECT_EQ(row.colour, Colour::amber);
  EXPECT_THAT(row.detail, HasSubstr("switch call 0 failed"));
}

TEST_F(ShadowVectors, AreAmberWhereNothingIsBoundOrNoPartOfTheMirrorIsThere) {
  views_ = {};
  EXPECT_EQ(only_row().colour, Colour::amber);
  const auto never = only_row(false);
  EXPECT_EQ(never.colour, Colour::amber);
  EXPECT_THAT(never.detail, HasSubstr("not tried"));
}

}  // namespace
}  // namespace lockstep::evm
