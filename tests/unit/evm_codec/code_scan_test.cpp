#include "adapters/evm/code_scan.hpp"

#include <gtest/gtest.h>

#include "adapters/evm/prove.hpp"

namespace lockstep::evm {
namespace {

CodeScan of(std::string_view hex) { return scan(bytes_from_hex(hex).value()); }

TEST(CodeScan, FindsWhatDestroysAndWhatDelegates) {
  EXPECT_EQ((std::vector<std::size_t>{2}), of("0x6000ff").selfdestructs);
  EXPECT_EQ(1U, of("0x5b60008060006000600060006000f4").delegatecalls);
  EXPECT_EQ(1U, of("0xf2").delegatecalls);
  EXPECT_EQ((std::vector<std::size_t>{2, 4}), of("0x005bff5bff").selfdestructs) << "behind a JUMPDEST";
}

TEST(CodeScan, PassesOverDataOfPushesAndWhatNothingReaches) {
  EXPECT_TRUE(of("0x60ff").selfdestructs.empty());
  EXPECT_TRUE(of("0x7f" + std::string(64, 'f') + "00").selfdestructs.empty());
  for (const auto* end : {"00", "f3", "fd", "fe", "56"})
    EXPECT_TRUE(of(std::string("0x6000") + end + "fff4").selfdestructs.empty()) << end;
  EXPECT_TRUE(of("0x60").selfdestructs.empty()) << "a push that ends the code";
  EXPECT_TRUE(of("0x").selfdestructs.empty());
}

TEST(CodeScan, LeavesOutTheMetadata) {
  const std::string metadata = "a164736f6c63425bff";  // a map; 5b ff within it
  EXPECT_TRUE(of("0x6000" + metadata + "0009").selfdestructs.empty());
  EXPECT_FALSE(of("0x6000" + metadata + "0003").selfdestructs.empty()) << "not the length of a map";
}

TEST(CodeScan, LeavesOutTheMetadataOfCodeWithinCode) {
  const auto metadata = "a2646970667358221220" + std::string("5bff") + std::string(60, '0') + "64736f6c63430008190033";
  EXPECT_TRUE(of("0x00" + metadata + "00").selfdestructs.empty());
  EXPECT_EQ((std::vector<std::size_t>{55}), of("0x00" + metadata + "5bff").selfdestructs) << "what is behind it is not";
  EXPECT_EQ((std::vector<std::size_t>{12}), of("0x00" + metadata.substr(0, 40)).selfdestructs)
      << "cut short it is none";
}

TEST(CodeScan, KnowsOpenZeppelinsInitializable) {
  EXPECT_TRUE(of("0x7f" + to_hex(initializable_slot).substr(2)).initializable_v5);
  EXPECT_TRUE(of("0x7f" + to_hex(BytesView(to_bytes("Initializable: contract is alrea"))).substr(2)).initializable_old);
  EXPECT_FALSE(of("0x6000").initializable_v5 || of("0x6000").initializable_old);
}

}  // namespace
}  // namespace lockstep::evm
