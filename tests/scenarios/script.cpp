#include "tests/scenarios/script.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "coordinator/certificates.hpp"
#include "coordinator/trace.hpp"
#include "coordinator/vote_evidence.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string join(const Words& words, std::size_t from) {
  std::string text;
  for (auto i = from; i < words.size(); ++i) text += (text.empty() ? "" : " ") + words[i];
  return text;
}

template <class Enum>
std::optional<Enum> named(const std::string& word, Enum last) {
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(last); ++i)
    if (word == to_text(static_cast<Enum>(i))) return static_cast<Enum>(i);
  return std::nullopt;
}

/// Plays one script. Every word that is not understood ends the line with a problem; nothing is guessed.
class Player {
 public:
  Played run(const std::string& script) {
    std::istringstream in(script);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("  ")) continue;  // what happened last time
      out_ += line + "\n";
      const auto words = split(line);
      if (words.empty() || words[0].starts_with("#")) continue;
      line_ = line;
      play_line(words);
    }
    if (rig_)
      for (const auto& problem : rig_->problems) problems_.push_back(problem);
    return {out_, problems_};
  }

 private:
  void wrong(const std::string& why) { problems_.push_back("'" + line_ + "': " + why); }

  void play_line(const Words& words) {
    const auto handler = verbs().find(words[0]);
    if (handler == verbs().end()) return wrong("unknown word");
    (this->*handler->second)(words);
  }

  using Handler = void (Player::*)(const Words&);
  static const std::map<std::string, Handler>& verbs() {
    static const std::map<std::string, Handler> table{{"chains", &Player::on_chains},
                                                      {"operators", &Player::on_operators},
                                                      {"window", &Player::on_window},
                                                      {"submit", &Player::on_submit},
                                                      {"gate", &Player::on_gate},
                                                      {"ready", &Player::on_ready},
                                                      {"baseline", &Player::on_baseline},
                                                      {"evidence", &Player::on_evidence},
                                                      {"sign", &Player::on_sign},
                                                      {"attest", &Player::on_attest},
                                                      {"refuse", &Player::on_refuse},
                                                      {"txn", &Player::on_txn},
                                                      {"retract", &Player::on_retract},
                                                      {"fork", &Player::on_fork},
                                                      {"hold", &Player::on_command},
                                                      {"resume", &Player::on_command},
                                                      {"abort", &Player::on_command},
                                                      {"tick", &Player::on_tick},
                                                      {"interfere", &Player::on_interfere},
                                                      {"govern", &Player::on_govern},
                                                      {"restart", &Player::on_restart},
                                                      {"halt", &Player::on_command},
                                                      {"plan", &Player::on_plan}};
    return table;
  }

  // Setting up
  void on_chains(const Words& words) {
    spec_.chains.clear();
    for (std::size_t i = 1; i < words.size(); ++i) {
      auto name = words[i];
      if (name.find("(home)") != std::string::npos) spec_.home = static_cast<InstanceIndex>(spec_.chains.size());
      const std::map<std::string, std::vector<std::string>*> traits{{"(push)", &spec_.push},
                                                                    {"(still)", &spec_.still},
                                                                    {"(activates)", &spec_.activates},
                                                                    {"(fixed)", &spec_.fixed}};
      const auto end = name.find('(');
      for (const auto& [trait, list] : traits)
        if (name.find(trait) != std::string::npos) list->push_back(name.substr(0, end));
      spec_.chains.push_back(name.substr(0, end));
    }
  }
  void on_operators(const Words& words) {  // operators 4 N=3 f=1 self=2
    if (words.size() != 5) return wrong("operators M N=… f=… self=…");
    spec_.members = static_cast<std::uint32_t>(number(words[1]));
    spec_.threshold = static_cast<std::uint32_t>(number(words[2].substr(2)));
    spec_.faulty = static_cast<std::uint32_t>(number(words[3].substr(2)));
    spec_.self = static_cast<std::uint32_t>(number(words[4].substr(5)));
  }
  void on_window(const Words& words) {  // window arm_by halt_at switch_by decide_by soak last_stage
    if (words.size() != 7) return wrong("window takes six numbers");
    spec_.window = {number(words[1]), number(words[2]), number(words[3]), number(words[4]), number(words[5])};
    spec_.last_stage_s = number(words[6]);
  }
  void on_plan(const Words& words) {  // plan network|halt_on_interference …
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "network")
        spec_.kind = PlanKind::network;
      else if (words[i] == "halt_on_interference")
        spec_.halt_on_interference = true;
      else
        wrong("unknown trait " + words[i]);
    }
  }
  void on_submit(const Words&) {
    if (!rig_) rig_ = std::make_unique<Rig>(make_plan(spec_));
    step(PlanSubmitted{rig_->plan});
  }

  // What happens
  void on_gate(const Words& words) {  // gate alpha|all head|final|both NUM TIME PHASE [options]
    if (words.size() < 6) return wrong("gate WHO head|final|both NUM TIME PHASE");
    const auto phase = named(words[5], GatePhase::closed_old);
    if (!phase) return wrong("unknown phase");
    for (const auto i : who(words[1])) {
      const auto salt = option(words, "salt=");
      auto view = gate(rig_->plan, i, number(words[3]), number(words[4]), *phase,
                       static_cast<std::uint8_t>(salt.empty() ? 0 : number(salt)));
      remember(view, i);
      for (std::size_t w = 6; w < words.size(); ++w) adjust(view, i, words[w]);
      if (words[2] != "final") step(GateObserved{rig_->plan.hash, i, Finality::head, view});
      if (words[2] != "head") step(GateObserved{rig_->plan.hash, i, Finality::final, view});
    }
  }
  /// The block in which SWITCHED began stays the same as long as the fork does: until it is seen ARMED, or in a block
  /// of another salt.
  void remember(GateView& view, InstanceIndex i) {
    auto& since = since_[i];
    if (view.phase != GatePhase::switched) {
      if (view.phase == GatePhase::armed && since.num > view.block.num) since = {};
      view.switched_in = rig_->plan.instances[i].switches ? BlockRef{} : since;
      return;
    }
    const bool same_fork = since.hash.bytes[1] == view.block.hash.bytes[1] && since.num <= view.block.num;
    if (since.hash.is_zero() || !same_fork) since = view.block;
    view.switched_in = since;
  }
  void adjust(GateView& view, InstanceIndex i, const std::string& word) {
    const auto value = word.substr(word.find('=') + 1);
    if (word == "engaged")
      view.engaged = true;
    else if (word == "leaf=other")
      view.leaf_hash.bytes[0] = 0xff;
    else if (word == "changed")
      view.switched_in = since_[i] = view.block;
    else if (word.starts_with("since="))
      since(view, i, value);
    else if (word.starts_with("halt_now="))
      view.halted = view.halted || view.block.time < (view.halt_now_until = number(value));
    else if (word.starts_with("epoch="))
      view.epoch = number(value);
    else if (word.starts_with("closed_at="))
      view.closed_at = number(value);
    else if (word.starts_with("decision="))
      decided(view, i, value);
    else if (!word.starts_with("salt="))
      wrong("unknown option " + word);
  }
  /// since=NUM,TIME: it was switched in a block that we did not see when it was new.
  void since(GateView& view, InstanceIndex i, const std::string& value) {
    const auto comma = value.find(',');
    if (comma == std::string::npos) return wrong("since=NUM,TIME");
    const auto salt = view.block.hash.bytes[1];
    since_[i] = block(i, number(value.substr(0, comma)), number(value.substr(comma + 1)), salt);
    view.switched_in = since_[i];
  }
  /// Home keeps its decision and the evidence it was given; other gates have none.
  void decided(GateView& view, InstanceIndex i, const std::string& outcome) {
    if (i != rig_->plan.home) return;
    view.decision = outcome == "new" ? Outcome::new_version : Outcome::old_version;
    if (view.decision == Outcome::new_version) {
      if (decision_evidence_.is_zero()) decision_evidence_ = vote_evidence(rig_->now());
      view.decision_evidence = decision_evidence_;
    }
  }
  void on_ready(const Words& words) {  // ready WHO green|amber|red [check [detail …]]
    for (const auto i : who(words.at(1))) {
      const auto* asked = rig_->asked<CheckReadiness>(i);
      if (!asked) return wrong("readiness was not asked");
      step(ReadinessReported{rig_->plan.hash, i, asked->round, checked(words, 2)});
    }
  }
  void on_baseline(const Words& words) {  // baseline WHO green|red [check [detail …]]
    for (const auto i : who(words.at(1))) {
      const auto* asked = rig_->asked<TakeBaseline>(i);
      if (!asked) return wrong("no baseline was asked");
      step(BaselineReported{rig_->plan.hash, i, {asked->block, checked(words, 2), digest(0xb0, i)}});
    }
  }
  void on_evidence(const Words& words) {  // evidence WHO green|red [check [detail …]]
    for (const auto i : who(words.at(1))) {
      const auto* asked = rig_->asked<CheckEvidence>(i);
      if (!asked) return wrong("no evidence was asked");
      step(EvidenceReported{rig_->plan.hash, i, asked->expected, {asked->block, checked(words, 2), digest(0xe0, i)}});
    }
  }
  void on_sign(const Words& words) {  // sign KIND: our signer does what it was asked
    const auto kind = named(words.at(1), Kind::halt_now);
    const auto* asked = kind ? rig_->signing(*kind) : nullptr;
    if (!asked) return wrong("nothing to sign");
    step(AttestationReceived{attest(asked->statement, spec_.self)});
  }
  void on_attest(const Words& words) {  // attest OPERATOR KIND [new|old] [evidence=other]
    const auto kind = named(words.at(2), Kind::halt_now);
    if (!kind) return wrong("unknown kind");
    auto statement = our_statement(rig_->now(), *kind);
    if (words.size() > 3 && words[3] == "new") statement.outcome = Outcome::new_version;
    if (words.size() > 3 && words[3] == "old") statement.outcome = Outcome::old_version;
    if (option(words, "evidence=") == "other") statement.evidence = digest(0x66, 0);
    step(AttestationReceived{attest(statement, static_cast<std::uint32_t>(number(words[1])))});
  }
  void on_refuse(const Words& words) {
    const auto kind = named(words.at(1), Kind::halt_now);
    if (!kind) return wrong("unknown kind");
    step(SignRefused{rig_->plan.hash, *kind, join(words, 2)});
  }
  void on_txn(const Words& words) {  // txn WHO ACTION STATUS [detail …]
    const auto action = named(words.at(2), Action::halt_now);
    const auto status = named(words.at(3), TxnStatus::rejected);
    if (!action || !status) return wrong("txn WHO ACTION STATUS");
    const auto hash = *status == TxnStatus::rejected ? Hash32{} : digest(0x77, static_cast<InstanceIndex>(*action));
    for (const auto i : who(words[1])) step(TxnReported{rig_->plan.hash, i, *action, *status, hash, join(words, 4)});
  }
  void on_retract(const Words& words) {
    for (const auto i : who(words.at(1))) step(HeadRetracted{rig_->plan.hash, i, number(words.at(2))});
  }
  void on_fork(const Words& words) {  // fork WHO NUM TIME: that final block was replaced
    for (const auto i : who(words.at(1))) {
      const auto num = number(words.at(2)), time = number(words.at(3));
      step(FinalityViolated{rig_->plan.hash, i, block(i, num, time), block(i, num, time, 9)});
    }
  }
  void on_command(const Words& words) {
    step(CommandReceived{rig_->plan.hash, *named(words[0], CommandKind::halt), join(words, 1), "ops"});
  }
  void on_tick(const Words& words) { step(ClockTicked{number(words.at(1))}); }
  void on_interfere(const Words& words) {  // interfere WHO NUM TIME detail …
    for (const auto i : who(words.at(1)))
      step(
          InterferenceObserved{rig_->plan.hash, i, block(i, number(words.at(2)), number(words.at(3))), join(words, 4)});
  }
  void on_govern(const Words& words) {
    const auto stage = named(words.at(2), GovernanceStage::cancelled);
    if (!stage) return wrong("unknown governance stage");
    for (const auto i : who(words[1])) step(GovernanceObserved{rig_->plan.hash, i, *stage, 0, join(words, 3)});
  }
  void on_restart(const Words&) {
    rig_->restart();
    for (const auto& effect : outstanding(rig_->state)) out_ += "  > " + trace(effect, &rig_->plan) + "\n";
  }

  void step(const Event& event) {
    const auto decision = rig_->step(event);
    for (const auto& record : decision.records) out_ += "  + " + trace(record, &rig_->plan) + "\n";
    for (const auto& effect : decision.effects) out_ += "  > " + trace(effect, &rig_->plan) + "\n";
  }

  std::uint64_t number(const std::string& word) {
    std::uint64_t value = 0;
    std::istringstream in(word);
    if (!(in >> value) || !in.eof()) wrong("not a number: " + word);
    return value;
  }
  std::string option(const Words& words, const std::string& name) {
    for (const auto& word : words)
      if (word.starts_with(name)) return word.substr(name.size());
    return {};
  }
  std::vector<InstanceIndex> who(const std::string& word) {
    std::vector<InstanceIndex> found;
    for (InstanceIndex i = 0; rig_ && i < rig_->plan.instances.size(); ++i)
      if (word == "all" || word == rig_->plan.instances[i].chain) found.push_back(i);
    if (found.empty()) wrong("no such chain: " + word);
    return found;
  }
  std::vector<CheckRow> checked(const Words& words, std::size_t from) {
    const auto colour = named(words.at(from), Colour::red);
    if (!colour) wrong("unknown colour");
    return rows(colour.value_or(Colour::red), words.size() > from + 1 ? words[from + 1] : "check",
                join(words, from + 2));
  }
  static Hash32 digest(std::uint8_t what, InstanceIndex i) {
    Hash32 hash;
    hash.bytes[0] = what;
    hash.bytes[1] = static_cast<std::uint8_t>(i + 1);
    return hash;
  }

  PlanSpec spec_;
  std::unique_ptr<Rig> rig_;
  Hash32 decision_evidence_;
  std::map<InstanceIndex, BlockRef> since_;
  std::string out_, line_;
  std::vector<std::string> problems_;
};

}  // namespace

Played play(const std::string& script) { return Player{}.run(script); }

}  // namespace lockstep::coordinator::test
