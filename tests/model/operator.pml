// One honest operator in full: what it remembers, in what order it hears of it, what it loses in a crash. The chains do whatever they like here,
// with or without certificates. Asserted is that whenever the operator signs, the facts of world.pml allow that signature: then every run of
// the real operators is a run of lockstep.pml. After src/coordinator: apply, facts, derive_decision, derive_old, derive_stage, derive_signing.
//
// Each rule asks the same question of every instance and joins the answers with "and", so one chain (home, and a member) shows what any number
// does; two chains are searched too. Block heights are left out: where the operator compares them, the model lets either answer happen.

#ifndef CHAINS
#define CHAINS 1
#endif
#define HOME 0
#define SWITCHES 3          /* inclusions of the switch; each has its own block, as reorganisations move it */
#define EARLY 0
#define HALTED 1
#define SWITCH_OVER 2
#define DECIDE_OVER 3
#define IDLE 0
#define ARMED 1
#define SWITCHED 2
#define CLOSED_NEW 3
#define CLOSED_OLD 4
#define NONE 0
#define NEW 1
#define OLD 2
#define GREEN 1
#define RED 2
#define ALL ((1 << CHAINS) - 1)
#define BIT(i) (1 << (i))

typedef Block {
  unsigned phase : 3;
  unsigned clock : 2;
  unsigned decision : 2;
  unsigned switched_in : 2  /* which inclusion; 0 none */
};
Block head[CHAINS];         // the chain
Block fin[CHAINS];
Block read_head[CHAINS];    // what the operator read last
Block read_fin[CHAINS];

typedef Memory {            // durable, as every record
  unsigned has_head : 1;
  unsigned has_fin : 1;
  unsigned armed_once : 1;
  unsigned closed : 2;
  unsigned baseline : 2;
  unsigned asked : 2;       /* evidence of which inclusion */
  unsigned answer : 2
};
Memory mem[CHAINS];
byte decision;
byte signed_outcome;
bool signed_switch;
bool signed_new;
bool signed_old;
bool wants_old;
bool frozen;
bool deep_done;
byte violated;              // chains whose final block was replaced and the operator has not noticed

byte included[CHAINS];      // inclusions so far
byte green[CHAINS];         // set of inclusions whose evidence is green
byte seen_halted;
byte seen_green;
byte seen_decision;
bool ghost_old;             // signed once, whatever the operator remembers
byte ghost_outcome;
bool SWITCH_only_after_every_halt_was_final = true;
bool VOTE_NEW_only_for_verified_final_blocks = true;
bool OUTCOME_only_as_home_decided_at_finality = true;
bool NOTHING_for_NEW_after_VOTE_OLD = true;
bool S8_one_statement_for_each_kind = true;

// ---- the rules a mutant replaces ----------------------------------------------------------------------------------------------------------------
#ifndef HALT_VIEW           /* halts are read from final blocks */
#define HALT_VIEW(j) (mem[j].has_fin && open_epoch(read_fin[j]) && read_fin[j].clock >= HALTED)
#endif
#ifndef EVIDENCE_COUNTS     /* a final block shows the very switch that the evidence is about */
#define EVIDENCE_COUNTS(j) (read_fin[j].switched_in == mem[j].asked)
#endif
#ifndef EVIDENCE_FALLS      /* with any view of an open epoch that names another block of the switch */
#define EVIDENCE_FALLS(v) (v.switched_in != NONE && v.switched_in != mem[i].asked)
#endif
#ifndef DECISION_VIEW
#define DECISION_VIEW (mem[HOME].has_fin -> read_fin[HOME].decision : NONE)
#endif
#ifndef KEPT                /* the signing guard and the journal survive a crash */
#define KEPT true
#endif
#ifndef OLD_BINDS           /* wanting OLD is never taken back */
#define OLD_BINDS (wants_old || signed_old)
#endif

#define open_epoch(v) (v.phase == ARMED || v.phase == SWITCHED)
#define latest_open(j) ((mem[j].has_head && open_epoch(read_head[j])) || (mem[j].has_fin && open_epoch(read_fin[j])))
#define halted_final(j) (HALT_VIEW(j) && mem[j].baseline == GREEN)
#define switched_final(j) (mem[j].has_fin && read_fin[j].phase == SWITCHED)
#define verified(j) (switched_final(j) && mem[j].asked && mem[j].answer == GREEN && EVIDENCE_COUNTS(j))
#define never_armed(j) (mem[j].has_fin && !mem[j].armed_once && read_fin[j].phase == IDLE && read_fin[j].clock >= HALTED)
#if CHAINS == 1
#define every(question) (question(0))
#define some(question) (question(0))
#else
#define every(question) (question(0) && question(1))
#define some(question) (question(0) || question(1))
#endif
#define armed_once(j) mem[j].armed_once
#define closed_new(j) (mem[j].closed == NEW)
#define needs_close(j) (mem[j].closed == NONE && latest_open(j))
#define in_time(j) (read_fin[j].clock < SWITCH_OVER)
#define new_is_out (signed_outcome == NEW || some(closed_new))
#define for_new (decision == NONE && !OLD_BINDS && !frozen && !some(closed_new))
#define before_deadline ((mem[HOME].has_head && read_head[HOME].clock < DECIDE_OVER) || (mem[HOME].has_fin && read_fin[HOME].clock < DECIDE_OVER))

inline copy(to, from) { to.phase = from.phase; to.clock = from.clock; to.decision = from.decision; to.switched_in = from.switched_in }
inline erase(v) { v.phase = IDLE; v.clock = EARLY; v.decision = NONE; v.switched_in = NONE }
inline drop_evidence() { mem[i].asked = NONE; mem[i].answer = NONE }

inline include(evidence) {
  included[i]++;
  head[i].phase = SWITCHED; head[i].switched_in = included[i];
  if
  :: evidence == GREEN -> green[i] = green[i] | BIT(included[i])
  :: else
  fi
}

#define differs (head[i].phase != fin[i].phase || head[i].clock != fin[i].clock || head[i].decision != fin[i].decision || head[i].switched_in != fin[i].switched_in)

inline see() {
  if
  :: open_epoch(fin[i]) && fin[i].clock >= HALTED -> seen_halted = seen_halted | BIT(i)
  :: else
  fi;
  if
  :: fin[i].phase == SWITCHED && green[i] & BIT(fin[i].switched_in) -> seen_green = seen_green | BIT(i)
  :: else
  fi;
  if
  :: i == HOME -> seen_decision = seen_decision | fin[i].decision;
    if
    :: fin[i].phase == IDLE && fin[i].clock >= HALTED -> seen_decision = seen_decision | OLD
    :: else
    fi
  :: else
  fi
}

proctype chain(byte i) {
end:
  do
  :: d_step { head[i].phase == IDLE && head[i].clock == EARLY -> head[i].phase = ARMED; printf("chain %d: arm\n", i) }
  :: d_step { head[i].phase == ARMED && head[i].clock == EARLY -> printf("chain %d: disarm\n", i); head[i].phase = CLOSED_OLD; head[i].decision = (i == HOME -> OLD : NONE) }
  :: d_step { head[i].phase <= SWITCHED && head[i].clock < (i == HOME -> DECIDE_OVER : SWITCH_OVER) && (head[i].phase != IDLE || head[i].clock == EARLY) ->
       head[i].clock++; printf("chain %d: its clock passes a threshold\n", i) }
  :: d_step { head[i].phase == ARMED && head[i].clock == HALTED && included[i] < SWITCHES -> include(GREEN); printf("chain %d: switches, green, inclusion %d\n", i, included[i]) }
  :: d_step { head[i].phase == ARMED && head[i].clock == HALTED && included[i] < SWITCHES -> include(RED); printf("chain %d: switches, red, inclusion %d\n", i, included[i]) }
  :: d_step { i == HOME && head[i].phase == SWITCHED && head[i].decision == NONE && head[i].clock < DECIDE_OVER -> head[i].decision = NEW; printf("chain %d: decides NEW\n", i) }
  :: d_step { i == HOME && open_epoch(head[i]) && head[i].decision == NONE -> head[i].decision = OLD; printf("chain %d: decides OLD\n", i) }
  :: d_step { open_epoch(head[i]) && head[i].clock >= HALTED && (i != HOME || head[i].decision == NEW) -> head[i].phase = CLOSED_NEW; head[i].clock = HALTED; head[i].switched_in = NONE; printf("chain %d: closes NEW\n", i) }
  :: d_step { open_epoch(head[i]) && (i != HOME || head[i].decision == OLD) -> head[i].phase = CLOSED_OLD; head[i].clock = HALTED; head[i].switched_in = NONE; printf("chain %d: closes OLD\n", i) }
  :: d_step { differs -> copy(fin[i], head[i]); printf("chain %d: its head is final\n", i); see() }
  :: d_step { differs -> copy(head[i], fin[i]); printf("chain %d: reorg, back to the final block\n", i) }
#ifdef DEEP
  :: d_step { !deep_done && seen_halted & BIT(i) -> deep_done = true; violated = violated | BIT(i);
       erase(head[i]); head[i].phase = ARMED; head[i].clock = HALTED; copy(fin[i], head[i]); printf("chain %d: final blocks are replaced\n", i); see() }
#endif
  od
}

// The reader of one chain. Heads and final blocks are told in any order; that a head was retracted may be lost in a crash.
inline stale(v) {
  if
  :: mem[i].asked != NONE && open_epoch(v) && EVIDENCE_FALLS(v) && !(mem[i].has_fin && read_fin[i].switched_in == mem[i].asked) -> drop_evidence()
  :: else
  fi
}
inline notice() {           // FinalityViolated: what rested on it is forgotten, what was signed is not
  if
  :: violated & BIT(i) -> printf("operator: freezes\n"); violated = violated & ~BIT(i); frozen = true;
    erase(read_head[i]); erase(read_fin[i]); drop_evidence();
    mem[i].has_head = 0; mem[i].has_fin = 0; mem[i].armed_once = 0; mem[i].closed = NONE; mem[i].baseline = NONE;
    decision = (i == HOME -> NONE : decision)
  :: else
  fi
}
inline decide() {
  if
  :: decision == NONE && !frozen ->
    if
    :: DECISION_VIEW != NONE -> decision = DECISION_VIEW
    :: else ->
      if
      :: never_armed(HOME) && some(armed_once) -> decision = OLD
      :: else
      fi
    fi
  :: else
  fi
}

proctype reader(byte i) {
end:
  do
  :: d_step { mem[i].has_head == 0 || head[i].phase != read_head[i].phase || head[i].clock != read_head[i].clock || head[i].decision != read_head[i].decision || head[i].switched_in != read_head[i].switched_in ->
       notice(); stale(head[i]); copy(read_head[i], head[i]); mem[i].has_head = 1; printf("operator: reads the head of chain %d\n", i); decide() }
  :: d_step { mem[i].has_fin == 0 || fin[i].phase != read_fin[i].phase || fin[i].clock != read_fin[i].clock || fin[i].decision != read_fin[i].decision || fin[i].switched_in != read_fin[i].switched_in ->
       notice(); stale(fin[i]); copy(read_fin[i], fin[i]); mem[i].has_fin = 1; printf("operator: reads the final block of chain %d\n", i);
       if
       :: fin[i].phase != IDLE -> mem[i].armed_once = 1;
         if
         :: mem[i].closed == NONE && fin[i].phase == CLOSED_NEW -> mem[i].closed = NEW
         :: mem[i].closed == NONE && fin[i].phase == CLOSED_OLD -> mem[i].closed = OLD
         :: else
         fi
       :: else
       fi;
       decide() }
  :: d_step { mem[i].has_head && (head[i].switched_in != read_head[i].switched_in || head[i].phase != read_head[i].phase) ->
       printf("operator: hears that the head of chain %d was retracted\n", i); erase(read_head[i]); mem[i].has_head = 0;
       if
       :: mem[i].asked != NONE && mem[i].asked != fin[i].switched_in -> drop_evidence()
       :: else
       fi }
  :: d_step { decision == NONE && !wants_old && mem[i].baseline == NONE && mem[i].has_fin && read_fin[i].phase == ARMED && read_fin[i].clock >= HALTED ->
       mem[i].baseline = GREEN; printf("operator: baseline of chain %d\n", i) }
  :: d_step { decision == NONE && !mem[i].asked && mem[i].baseline == GREEN && mem[i].has_head && read_head[i].phase == SWITCHED ->
       mem[i].asked = read_head[i].switched_in; printf("operator: asks for evidence of inclusion %d on chain %d\n", mem[i].asked, i) }
  :: d_step { decision == NONE && !mem[i].asked && mem[i].baseline == GREEN && switched_final(i) ->
       mem[i].asked = read_fin[i].switched_in; printf("operator: asks for evidence of inclusion %d on chain %d\n", mem[i].asked, i) }
  // A node may answer for a block that is not on its chain any more.
  :: d_step { mem[i].asked && !mem[i].answer -> mem[i].answer = (green[i] & BIT(mem[i].asked) -> GREEN : RED); printf("operator: evidence answered\n") }
  od
}

proctype operator() {
end:
  do
  :: d_step { !wants_old && decision == NONE && !new_is_out && some(armed_once) -> wants_old = true; printf("operator: wants OLD\n") }
  :: d_step { frozen && !violated -> frozen = false; printf("operator: resumed by a person\n") }
  :: d_step { !KEPT -> signed_outcome = NONE; signed_switch = false; signed_new = false; signed_old = false; wants_old = false; decision = NONE; printf("operator: restored from a backup\n") }
  :: d_step { for_new && !signed_switch && every(halted_final) && !every(switched_final) && every(in_time) ->
       printf("operator: signs SWITCH\n"); signed_switch = true;
       SWITCH_only_after_every_halt_was_final = (seen_halted == ALL);
       assert(SWITCH_only_after_every_halt_was_final);
       NOTHING_for_NEW_after_VOTE_OLD = !ghost_old;
       assert(NOTHING_for_NEW_after_VOTE_OLD) }
  :: d_step { for_new && !signed_new && every(halted_final) && every(verified) && before_deadline ->
       printf("operator: signs VOTE_NEW\n"); signed_new = true;
       VOTE_NEW_only_for_verified_final_blocks = (seen_green == ALL);
       assert(VOTE_NEW_only_for_verified_final_blocks);
       NOTHING_for_NEW_after_VOTE_OLD = !ghost_old;
       assert(NOTHING_for_NEW_after_VOTE_OLD) }
  :: d_step { decision == NONE && wants_old && !frozen && !new_is_out && !signed_old && before_deadline -> printf("operator: signs VOTE_OLD\n"); signed_old = true; ghost_old = true }
  :: d_step { decision != NONE && !frozen && !signed_outcome && some(needs_close) ->
       printf("operator: signs OUTCOME, %d\n", decision); signed_outcome = decision;
       OUTCOME_only_as_home_decided_at_finality = ((seen_decision & decision) != 0);
       assert(OUTCOME_only_as_home_decided_at_finality);
       S8_one_statement_for_each_kind = (ghost_outcome == NONE || ghost_outcome == decision);
       assert(S8_one_statement_for_each_kind);
       ghost_outcome = decision }
  od
}


init {
  atomic {
    run chain(0); run reader(0);
#if CHAINS == 2
    run chain(1); run reader(1);
#endif
    run operator()
  }
}
