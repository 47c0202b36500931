#include "app/mirror_keeper.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>

namespace lockstep::app {
namespace {

class MirrorKeeperTest : public ::testing::Test {
 protected:
  ~MirrorKeeperTest() override { std::filesystem::remove_all(folder_); }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("mirror_keeper." + std::to_string(getpid()));
};

mirror::Mirror with_deposit(mirror::Int amount) {
  mirror::Mirror mirror;
  EXPECT_TRUE(mirror.apply({mirror::OpCode::deposit, {Address{}, amount}, 1, 0}).has_value());
  return mirror;
}

TEST_F(MirrorKeeperTest, KeepsTheNewestOfEachInstanceWhole) {
  {
    MirrorKeeper keeper(folder_, 2);
    for (const std::uint64_t block : {7U, 8U, 12U})
      keeper.keep(with_deposit(block), {"acme:alpha", block, {}}, "before");
    keeper.keep(with_deposit(1), {"acme:beta", 9, {}}, "new");
  }
  EXPECT_EQ(files(),
            (std::set<std::string>{"acme.alpha.000000000008.before.mirror", "acme.alpha.000000000012.before.mirror",
                                   "acme.beta.000000000009.new.mirror"}));
  std::ifstream in(folder_ / "acme.alpha.000000000012.before.mirror", std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(in), {}};
  const auto restored = mirror::restore(bytes);
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(restored->label, (mirror::SnapshotLabel{"acme:alpha", 12, {}}));
  EXPECT_EQ(restored->mirror.digest(), with_deposit(12).digest());
}

TEST_F(MirrorKeeperTest, LeavesNothingOfWhatItCannotWrite) {
  std::ofstream(folder_) << "a file where the folder would be";
  {
    MirrorKeeper keeper(folder_, 2);
    keeper.keep(with_deposit(1), {"acme:alpha", 7, {}}, "before");
  }
  EXPECT_TRUE(std::filesystem::is_regular_file(folder_));
}

}  // namespace
}  // namespace lockstep::app
