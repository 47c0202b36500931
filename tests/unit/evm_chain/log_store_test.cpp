#include "adapters/evm/log_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

namespace lockstep::evm {
namespace {

namespace fs = std::filesystem;

constexpr auto always = LogStore::Clock::time_point::max();

Hash32 word(std::uint8_t first) {
  Hash32 value;
  value.bytes[0] = first;
  return value;
}

LogPage page(std::uint64_t from, std::uint64_t upto, std::uint8_t logs) {
  LogPage page{
      .from = from, .upto = {upto, word(static_cast<std::uint8_t>(upto)), 1000 + upto}, .also = {}, .logs = {}};
  page.also.resize(logs / 2);
  for (std::uint8_t i = 0; i < logs; ++i) {
    Log log;
    log.address.bytes[19] = i;
    log.topics.assign(i % 5, word(i));
    log.data.assign(i * 7U, i);
    log.block_num = from;
    log.block_hash = word(3);
    log.txn = word(4);
    log.index = i;
    log.txn_index = i / 2U;
    page.logs.push_back(log);
  }
  return page;
}

std::vector<LogPage> all(LogStore& store) {
  std::vector<LogPage> found;
  while (auto one = store.next()) found.push_back(*std::move(one));
  return found;
}

/// Three pages that were appended by an earlier run.
struct Kept {
  fs::path folder = fs::path(testing::TempDir()) / ("lockstep-" + std::to_string(::getpid()) +
                                                    testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path file = folder / "logs";
  std::vector<LogPage> pages{page(5, 9, 6), page(10, 10, 0), page(11, 400, 3)};
  Kept() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    LogStore store(file, word(1), 0);
    EXPECT_TRUE(store.open(always));
    EXPECT_FALSE(store.upto());
    EXPECT_FALSE(store.next());
    for (const auto& each : pages) EXPECT_TRUE(store.append(each).has_value());
  }
  ~Kept() { fs::remove_all(folder); }
  LogStore opened(std::uint8_t key = 1) const {
    LogStore store(file, word(key), 0);
    EXPECT_TRUE(store.open(always));
    return store;
  }
  bool begins_with(const std::vector<LogPage>& found) const {
    return found.size() <= pages.size() && std::ranges::equal(found, std::span(pages).first(found.size()));
  }
};

TEST(LogStore, GivesBackWhatWasReadAndGoesOnBehindIt) {
  Kept kept;
  {
    auto store = kept.opened();
    EXPECT_EQ(kept.pages.back().upto, store.upto());
    EXPECT_EQ(kept.pages, all(store));
    kept.pages.push_back(page(401, 402, 1));
    ASSERT_TRUE(store.append(kept.pages.back()).has_value());
    EXPECT_FALSE(store.next()) << "that page was read by this run";
  }
  auto store = kept.opened();
  EXPECT_EQ(kept.pages, all(store));
  EXPECT_EQ("", store.damage());
}

TEST(LogStore, OpensAPieceAtATime) {
  const Kept kept;
  LogStore store(kept.file, word(1), 0);
  EXPECT_FALSE(store.open(LogStore::Clock::now()));
  EXPECT_FALSE(store.open(LogStore::Clock::now()));
  EXPECT_TRUE(store.open(always));
  EXPECT_EQ(kept.pages, all(store));
}

TEST(LogStore, ForgetsWhatWasReadUnderAnotherKey) {
  const Kept kept;
  {
    auto store = kept.opened(2);
    EXPECT_FALSE(store.upto());
    EXPECT_TRUE(all(store).empty());
    ASSERT_TRUE(store.append(kept.pages[0]).has_value());
  }
  auto again = kept.opened(2);
  EXPECT_EQ(std::vector{kept.pages[0]}, all(again));
}

TEST(LogStore, IsWholeWhereverAWriteWasCutShort) {
  const Kept kept;
  std::ifstream in(kept.file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  std::size_t complete = 0;
  for (auto size = whole.size() - 1; size > 7; size -= 7) {
    std::ofstream(kept.file, std::ios::binary).write(whole.data(), static_cast<std::streamsize>(size));
    LogPage next;
    std::size_t found = 0;
    {
      auto store = kept.opened();
      const auto pages = all(store);
      found = pages.size();
      ASSERT_TRUE(found < 3U && kept.begins_with(pages)) << size;
      next = page(pages.empty() ? 1 : pages.back().upto.num + 1, 500, 2);
      ASSERT_TRUE(store.append(next).has_value());
    }
    complete = std::max(complete, found);
    auto again = kept.opened();
    ASSERT_EQ(next.upto, again.upto());
    ASSERT_EQ("", again.damage());
    ASSERT_EQ(found + 1, all(again).size());
  }
  EXPECT_EQ(2U, complete);
}

TEST(LogStore, TakesNothingFromADamagedPageOnAndSaysSo) {
  const Kept kept;
  std::fstream file(kept.file, std::ios::binary | std::ios::in | std::ios::out);
  const auto size = fs::file_size(kept.file);
  std::size_t told = 0;
  for (std::uint64_t at = 0; at < size; at += 11) {
    const auto flip = [&] {
      file.seekg(static_cast<std::streamoff>(at));
      const auto byte = static_cast<char>(file.get());
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(byte ^ 0x10)).flush();
    };
    flip();
    const fs::path copy = kept.folder / "copy";
    fs::copy_file(kept.file, copy, fs::copy_options::overwrite_existing);
    flip();
    LogStore store(copy, word(1), 0);
    ASSERT_TRUE(store.open(always));
    const auto found = all(store);
    ASSERT_TRUE(found.size() < 3U && kept.begins_with(found)) << at;
    ASSERT_EQ(found.empty(), store.damage().empty()) << at;
    told += store.damage().empty() ? 0 : 1;
  }
  EXPECT_GT(told, 0U);
}

TEST(LogStore, GivesNothingMoreWhenTheFileChangesUnderIt) {
  const Kept kept;
  auto large = page(401, 402, 1);
  large.logs[0].data.assign(1 << 20, 7);  // more than a stream reads ahead
  {
    auto store = kept.opened();
    ASSERT_TRUE(store.append(large).has_value());
  }
  auto store = kept.opened();
  EXPECT_EQ(large.upto, store.upto());
  fs::resize_file(kept.file, fs::file_size(kept.file) - 1);
  EXPECT_EQ(kept.pages, all(store));
}

TEST(LogStore, CutsOffAPageAndThoseBehindIt) {
  for (const std::size_t good : {0U, 1U, 2U}) {
    const Kept kept;
    const auto other = page(good == 0 ? 5 : kept.pages[good - 1].upto.num + 1, 700, 4);
    {
      auto store = kept.opened();
      for (std::size_t i = 0; i <= good; ++i) ASSERT_EQ(kept.pages[i], store.next());
      ASSERT_TRUE(store.cut().has_value());
      EXPECT_FALSE(store.next());
      ASSERT_TRUE(store.append(other).has_value());
    }
    auto expected = std::vector(kept.pages.begin(), kept.pages.begin() + static_cast<std::ptrdiff_t>(good));
    expected.push_back(other);
    auto again = kept.opened();
    EXPECT_EQ(expected, all(again)) << good;
    EXPECT_EQ("", again.damage());
  }
}

TEST(LogStore, ForgetsAll) {
  const Kept kept;
  {
    LogStore store(kept.file, word(1), 0);  // not even opened
    ASSERT_TRUE(store.clear().has_value());
    EXPECT_FALSE(store.upto());
    EXPECT_TRUE(all(store).empty());
    ASSERT_TRUE(store.append(kept.pages[2]).has_value());
  }
  auto again = kept.opened();
  EXPECT_EQ(std::vector{kept.pages[2]}, all(again));
}

TEST(LogStore, LeavesTheLastOfTheDiskToOthers) {
  const Kept kept;
  LogStore store(kept.file, word(1), UINT64_MAX);
  ASSERT_TRUE(store.open(always));
  EXPECT_EQ(kept.pages, all(store));
  const auto done = store.append(page(401, 402, 1));
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ("events that were read are not kept", done.error().what);
  auto again = kept.opened();
  EXPECT_EQ(kept.pages, all(again)) << "what is there stays";
}

TEST(LogStore, SaysWhenTheFileCannotBeWritten) {
  const Kept kept;
  LogStore store(kept.folder / "nowhere" / "logs", word(1), 0);
  ASSERT_TRUE(store.open(always));
  const auto done = store.append(kept.pages[0]);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ("No such file or directory", done.error().why);
  EXPECT_FALSE(store.upto());
}

TEST(LogPage, IsReadOnlyIfItCanHaveBeenWritten) {
  const auto good = page(5, 9, 6);
  EXPECT_EQ(good, decode_log_page(encode(good)));
  const auto refused = [&](const auto& spoil) {
    auto bad = good;
    spoil(bad);
    return !decode_log_page(encode(bad));
  };
  EXPECT_TRUE(refused([](LogPage& one) { one.from = 10; }));
  EXPECT_TRUE(refused([](LogPage& one) { one.logs[2].block_num = 10; }));
  EXPECT_TRUE(refused([](LogPage& one) { one.logs[2].block_num = 4; }));
  EXPECT_TRUE(refused([](LogPage& one) { std::swap(one.logs[2], one.logs[3]); }));
  EXPECT_TRUE(refused([](LogPage& one) { one.logs[3] = one.logs[2]; }));
  EXPECT_TRUE(refused([](LogPage& one) { one.logs[3].topics.resize(5); }));
  EXPECT_TRUE(refused([](LogPage& one) { one.also[0].bytes[0] = 1; }));
  auto longer = encode(good);
  longer.push_back(0);
  EXPECT_FALSE(decode_log_page(longer));
}

}  // namespace
}  // namespace lockstep::evm
