#include "journal/guard.hpp"

#include <gmock/gmock.h>

#include "crypto/eip712.hpp"
#include "crypto/local_key.hpp"
#include "crypto/secp256k1.hpp"
#include "journal/guarded_signer.hpp"
#include "workspace.hpp"

namespace lockstep::journal::testing {
namespace {

using coordinator::Kind;
using coordinator::Outcome;
using coordinator::Statement;
using ::testing::HasSubstr;

Hash32 word(std::uint8_t n) {
  Hash32 hash;
  hash.bytes.fill(n);
  return hash;
}

Statement vote(std::uint8_t evidence, std::uint64_t epoch = 1) {
  return {Kind::vote_new, epoch, word(1), Outcome::none, word(2), word(evidence)};
}

class GuardTest : public Workspace {
 protected:
  Result<std::unique_ptr<Guard>> open_guard(SqliteJournal& journal) const {
    return Guard::open({dir_ / "guard.db", {}}, journal);
  }
  crypto::PrivateKey key() const { return *crypto::PrivateKey::from_bytes(word(9).view()); }
  GuardedSigner signer(Guard& guard, SqliteJournal& journal) const {
    return {crypto::local_key(key()), guard, [&journal] { return journal.last_seq(); }};
  }
  const ports::Domain domain_{crypto::domain_separator(31337, Address{}), 31337, Address{}};
};

TEST_F(GuardTest, SignsOnceAndTheSameAgain) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  const auto first = operator_.sign("perps", domain_, vote(3)).value();
  EXPECT_EQ(first.signer, operator_.address());
  EXPECT_EQ(crypto::recover(crypto::digest(domain_.separator, vote(3)), first.signature), operator_.address());
  EXPECT_EQ(operator_.sign("perps", domain_, vote(3)).value(), first);
}

TEST_F(GuardTest, AnotherStatementOfTheSameKindIsRefusedForEver) {
  auto journal = must_open();
  Bytes signature;
  {
    auto guard = open_guard(*journal).value();
    signature = signer(*guard, *journal).sign("perps", domain_, vote(3)).value().signature;
  }
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  const auto second = operator_.sign("perps", domain_, vote(4));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().error.text(), HasSubstr(to_hex(word(3))));  // both are named
  EXPECT_THAT(second.error().error.text(), HasSubstr(to_hex(word(4))));
  EXPECT_EQ(operator_.sign("perps", domain_, vote(3)).value().signature, signature);
  EXPECT_TRUE(operator_.sign("perps", domain_, vote(4, 2)));  // another epoch
  EXPECT_TRUE(operator_.sign("other", domain_, vote(4)));     // another protocol
  auto old = vote(4);
  old.kind = Kind::vote_old;
  EXPECT_TRUE(operator_.sign("perps", domain_, old));  // another kind
}

TEST_F(GuardTest, WhoeverVotedOldGoesForwardNoMore) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  auto of = [](Kind kind, std::uint64_t epoch) {
    auto statement = vote(3, epoch);
    statement.kind = kind;
    return statement;
  };
  const auto switched = operator_.sign("perps", domain_, of(Kind::switch_version, 1)).value();
  ASSERT_TRUE(operator_.sign("perps", domain_, of(Kind::vote_old, 1)));
  const auto late = operator_.sign("perps", domain_, of(Kind::vote_new, 1));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().error.text(), HasSubstr("vote for OLD"));
  EXPECT_EQ(operator_.sign("perps", domain_, of(Kind::switch_version, 1)).value(), switched) << "signed long ago";
  EXPECT_TRUE(operator_.sign("perps", domain_, of(Kind::outcome, 1)));
  EXPECT_TRUE(operator_.sign("perps", domain_, of(Kind::vote_new, 2))) << "another epoch";
}

TEST_F(GuardTest, TheSameStatementInAnotherDomainIsAnother) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  ASSERT_TRUE(operator_.sign("perps", domain_, vote(3)));
  EXPECT_FALSE(operator_.sign("perps", {crypto::domain_separator(1, Address{}), 1, Address{}}, vote(3)));
}

TEST_F(GuardTest, AStatementWithoutKindIsRefused) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  EXPECT_FALSE(signer(*guard, *journal).sign("perps", domain_, Statement{}));
}

TEST_F(GuardTest, AnIntentWithoutSignatureIsSignedAfterARestart) {
  auto journal = must_open();
  {
    auto guard = open_guard(*journal).value();
    EXPECT_EQ(guard->admit("perps", vote(3), crypto::digest(domain_.separator, vote(3)), 0).value(), std::nullopt);
  }
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  EXPECT_FALSE(operator_.sign("perps", domain_, vote(4)));
  EXPECT_TRUE(operator_.sign("perps", domain_, vote(3)));
}

TEST_F(GuardTest, AStoredSignatureOfAnotherKeyDoesNotLeave) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  ASSERT_TRUE(signer(*guard, *journal).sign("perps", domain_, vote(3)));
  GuardedSigner exchanged(crypto::local_key(*crypto::PrivateKey::from_bytes(word(8).view())), *guard, [] { return 0; });
  EXPECT_THAT(exchanged.sign("perps", domain_, vote(3)).error().error.text(), HasSubstr("not of this key"));
}

TEST_F(GuardTest, AGuardThatIsGoneIsQuarantine) {
  auto journal = must_open();
  open_guard(*journal).value().reset();
  std::filesystem::remove(dir_ / "guard.db");
  EXPECT_THAT(open_guard(*journal).error().text(), HasSubstr("the signing guard is gone"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "guard.db"));
}

TEST_F(GuardTest, AJournalThatIsGoneIsQuarantine) {
  auto journal = must_open();
  open_guard(*journal).value().reset();
  journal.reset();
  for (const char* name : {"journal.db", "journal.db-wal"}) std::filesystem::remove(dir_ / name);
  journal = must_open();
  EXPECT_THAT(open_guard(*journal).error().text(), HasSubstr("belongs to another journal"));
}

TEST_F(GuardTest, AJournalRestoredFromBeforeASignatureIsQuarantine) {
  auto journal = must_open();
  ASSERT_TRUE(journal->append_bytes({body(1)}, {}, 1));
  auto guard = open_guard(*journal).value();
  std::filesystem::create_directory(dir_ / "backup");
  ASSERT_TRUE(journal->backup(dir_ / "backup" / "journal.db"));
  ASSERT_TRUE(journal->append_bytes({body(2)}, {}, 2));
  ASSERT_TRUE(signer(*guard, *journal).sign("perps", domain_, vote(3)));
  guard.reset();
  journal.reset();
  std::filesystem::remove(dir_ / "journal.db-wal");
  std::filesystem::copy(dir_ / "backup" / "journal.db", file(), std::filesystem::copy_options::overwrite_existing);
  for (const auto appended : {3, 4, 5}) {  // it observes, and so passes the record of the signature
    journal = must_open();
    EXPECT_THAT(open_guard(*journal).error().text(), HasSubstr("older than the signing guard"));
    ASSERT_TRUE(journal->append_bytes({body(appended)}, {}, 3));
    journal.reset();
  }
}

TEST_F(GuardTest, AGuardRestoredFromBeforeASignatureIsFoundByTheJournal) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  coordinator::State state;
  auto& plan = state.plans[word(1)];
  plan.plan.protocol = "perps";
  plan.plan.epoch = 1;
  plan.attestations[Kind::vote_new][operator_.address()] = {vote(3), operator_.address(), Bytes(65)};
  plan.attestations[Kind::vote_new][Address{}] = {vote(3), Address{}, Bytes(65)};
  EXPECT_THAT(guard->covers(state, operator_.address()).error().text(), HasSubstr("older than the journal"));
  ASSERT_TRUE(operator_.sign("perps", domain_, vote(3)));
  EXPECT_TRUE(guard->covers(state, operator_.address()));
}

TEST_F(GuardTest, WhatWasForgoneIsNotMissedAndNotSignedAfterARestart) {
  auto journal = must_open();
  coordinator::State state;
  {
    auto guard = open_guard(*journal).value();
    auto operator_ = signer(*guard, *journal);
    auto& plan = state.plans[word(1)];
    plan.plan.protocol = "perps";
    plan.plan.epoch = 1;
    plan.attestations[Kind::vote_old][operator_.address()] = {vote(3), operator_.address(), Bytes(65)};
    plan.sign_refused[Kind::none] = "our key signed something that this journal does not know";
    EXPECT_TRUE(operator_.forgo("perps", 1));
    EXPECT_TRUE(guard->covers(state, operator_.address()));
  }
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  EXPECT_TRUE(guard->covers(state, operator_.address()));
  EXPECT_THAT(operator_.sign("perps", domain_, vote(3)).error().error.text(), HasSubstr("another copy of this key"));
  EXPECT_TRUE(operator_.sign("perps", domain_, vote(3, 2))) << "the next epoch is signed again";
}

TEST_F(GuardTest, ASecondGuardOnTheSameFileIsRefused) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  EXPECT_THAT(open_guard(*journal).error().text(), HasSubstr("another process already owns"));
}

TEST_F(GuardTest, QuarantineEndsSigning) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  operator_.quarantine({"because"});
  EXPECT_EQ(operator_.sign("perps", domain_, vote(3)).error().error.what, "because");
  QuarantinedSigner stand_in(operator_.address(), {"gone"});
  EXPECT_EQ(stand_in.sign("perps", domain_, vote(3)).error().error.what, "gone");
}

/// Somebody else keeps it; `does` says what happens while it is asked.
class SlowKey final : public ports::Key {
 public:
  SlowKey(crypto::PrivateKey key, std::function<std::optional<ports::NotSigned>()> does)
      : key_(crypto::local_key(std::move(key))), does_(std::move(does)) {}
  Address address() const override { return key_->address(); }
  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override {
    if (auto not_now = does_()) return std::unexpected(*not_now);
    return key_->sign(message);
  }

 private:
  ports::KeyPtr key_;
  std::function<std::optional<ports::NotSigned>()> does_;
};

TEST_F(GuardTest, AKeyThatIsAwayIsAskedAgainForTheSameStatementOnly) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  bool away = true;
  GuardedSigner operator_(
      std::make_shared<SlowKey>(key(),
                                [&] {
                                  return away ? std::optional(ports::NotSigned{{"away"}, true}) : std::nullopt;
                                }),
      *guard, [&] { return journal->last_seq(); });
  const auto first = operator_.sign("perps", domain_, vote(3));
  ASSERT_FALSE(first);
  EXPECT_TRUE(first.error().again);
  away = false;
  const auto other = operator_.sign("perps", domain_, vote(4));
  ASSERT_FALSE(other) << "the guard knows of the first, signed or not";
  EXPECT_FALSE(other.error().again);
  EXPECT_TRUE(operator_.sign("perps", domain_, vote(3)));
}

TEST_F(GuardTest, WhatASlowKeySignedDuringAQuarantineDoesNotLeave) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  GuardedSigner* self = nullptr;
  GuardedSigner operator_(std::make_shared<SlowKey>(key(),
                                                    [&]() -> std::optional<ports::NotSigned> {
                                                      self->quarantine({"because"});
                                                      return std::nullopt;
                                                    }),
                          *guard, [&] { return journal->last_seq(); });
  self = &operator_;
  EXPECT_EQ(operator_.sign("perps", domain_, vote(3)).error().error.what, "because");
}

TEST_F(GuardTest, WhatASlowKeySignedDoesNotLeaveOnceItMayNotBeSigned) {
  auto of = [](Kind kind) {
    auto statement = vote(3);
    statement.kind = kind;
    return statement;
  };
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto quick = signer(*guard, *journal);
  std::function<void()> meanwhile;
  GuardedSigner slow(std::make_shared<SlowKey>(key(),
                                               [&]() -> std::optional<ports::NotSigned> {
                                                 meanwhile();
                                                 return std::nullopt;
                                               }),
                     *guard, [&] { return journal->last_seq(); });
  meanwhile = [&] { EXPECT_TRUE(quick.sign("perps", domain_, of(Kind::vote_old))); };
  EXPECT_THAT(slow.sign("perps", domain_, of(Kind::switch_version)).error().error.text(), HasSubstr("vote for OLD"));
  meanwhile = [&] { EXPECT_TRUE(quick.forgo("perps", 1)); };
  EXPECT_THAT(slow.sign("perps", domain_, of(Kind::outcome)).error().error.text(), HasSubstr("the watermark"));
}

TEST_F(GuardTest, NothingAtOrBelowAWatermarkIsSigned) {
  auto journal = must_open();
  {
    auto guard = open_guard(*journal).value();
    ASSERT_TRUE(signer(*guard, *journal).sign("perps", domain_, vote(3, 1)));
    EXPECT_EQ(guard->import_watermark("perps", 4).value(), 4u);
    EXPECT_EQ(guard->import_watermark("perps", 2).value(), 4u);  // it never falls
  }
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  for (const std::uint64_t epoch : {1, 2, 4}) {
    const auto refused = operator_.sign("perps", domain_, vote(3, epoch));
    ASSERT_FALSE(refused) << epoch;
    EXPECT_THAT(refused.error().error.text(), HasSubstr("the watermark is epoch 4"));
  }
  for (const auto kind : {Kind::switch_version, Kind::vote_old, Kind::outcome, Kind::halt_now}) {
    auto statement = vote(3, 4);
    statement.kind = kind;
    EXPECT_FALSE(operator_.sign("perps", domain_, statement));
  }
  EXPECT_TRUE(operator_.sign("perps", domain_, vote(3, 5)));
  EXPECT_TRUE(operator_.sign("other", domain_, vote(3, 1)));
}

TEST_F(GuardTest, HaltNowIsSignedOncePerEpochToo) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  auto operator_ = signer(*guard, *journal);
  auto halt = vote(0);
  halt.kind = Kind::halt_now;
  ASSERT_TRUE(operator_.sign("perps", domain_, halt));
  EXPECT_TRUE(operator_.sign("perps", domain_, halt));
  halt.plan_hash = word(7);
  EXPECT_FALSE(operator_.sign("perps", domain_, halt));
}

TEST_F(GuardTest, SqlCannotLowerOrForgetAWatermark) {
  auto journal = must_open();
  open_guard(*journal).value()->import_watermark("perps", 4).value();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((dir_ / "guard.db").c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "DELETE FROM watermark", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE watermark SET epoch=3", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE watermark SET protocol='x'", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST_F(GuardTest, SqlCannotForgetOrChangeWhatWasSigned) {
  auto journal = must_open();
  auto guard = open_guard(*journal).value();
  ASSERT_TRUE(signer(*guard, *journal).sign("perps", domain_, vote(3)));
  guard.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((dir_ / "guard.db").c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "DELETE FROM signed", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE signed SET digest=zeroblob(32)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace
}  // namespace lockstep::journal::testing
