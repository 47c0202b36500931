// What a forked child may do with the journal and the guard: nothing, and its end must not touch the files either (D3).
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/guard.hpp"
#include "workspace.hpp"

namespace lockstep::journal::testing {
namespace {

class ForkTest : public Workspace {};

TEST_F(ForkTest, AChildIsRefusedAndItsEndHarmsNothing) {
  auto journal = must_open();
  auto guard = Guard::open({dir_ / "guard.db", {}}, *journal).value();
  ASSERT_TRUE(journal->append_bytes({body(1)}, {}, 1));
  const coordinator::Statement vote{coordinator::Kind::vote_new, 1, {}, coordinator::Outcome::none, {}, {}};
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto appended = journal->append_bytes({body(2)}, {}, 2);
    const auto admitted = guard->admit("perps", vote, {}, 1);
    const bool refused = !appended && !admitted && appended.error().text().find("forked") != std::string::npos;
    guard.reset();
    journal.reset();
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ASSERT_TRUE(std::filesystem::exists(file().string() + "-wal")) << "the child's end copied the log";
  EXPECT_TRUE(journal->append_bytes({body(2)}, {}, 2));
  EXPECT_TRUE(guard->admit("perps", vote, {}, 1));
  guard.reset();
  journal.reset();
  journal = must_open();
  EXPECT_TRUE(journal->verify());
  EXPECT_EQ(journal->last_seq(), 2u);
}

}  // namespace
}  // namespace lockstep::journal::testing
