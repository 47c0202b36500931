// What can happen to one chain: its clock, governance, and certificates that anyone submits. After LockstepGate, GateBreaker, GateGovernance.
// Left out: forceResolve (gives S5 up by its own words), skipEpoch (as never armed), rotateOperators (between epochs only), the stages of a
// resume (they open less than "open" here), and calls that revert for ever (such an instance stays halted).

#define open_epoch (head[i].phase >= ARMED && head[i].phase <= RED)
#define alive (!(dead & BIT(i)) && last_of_equals)

inline copy(to, from) {
  to.phase = from.phase; to.clock = from.clock; to.decision = from.decision; to.engaged = from.engaged;
  to.version = from.version; to.foreign = from.foreign; to.brake = from.brake
}

#define pending (head[i].phase != fin[i].phase || head[i].clock != fin[i].clock || head[i].decision != fin[i].decision || \
                 head[i].engaged != fin[i].engaged || head[i].version != fin[i].version || head[i].foreign != fin[i].foreign || \
                 head[i].brake != fin[i].brake)

// Facts for operators, out of a view that is final.
inline see_final() {
  if
  :: fin[i].phase >= ARMED && fin[i].phase <= RED && !fin[i].foreign && HALTED_BY_PLAN(fin[i], i) -> seen_halted = seen_halted | BIT(i)
  :: else
  fi;
  if
  :: fin[i].phase == GREEN -> seen_green = seen_green | BIT(i)
  :: else
  fi;
  if
  :: i == HOME -> seen_decision = seen_decision | fin[HOME].decision;
    if
    :: HOME_NEVER_ARMED(fin[HOME]) -> seen_decision = seen_decision | OLD
    :: else
    fi
  :: else
  fi
#ifdef WRONG_FACTS
  ;
  if
  :: fin[i].phase == GREEN || fin[i].phase == RED -> seen_switched = seen_switched | BIT(i)
  :: else
  fi
#endif
}

#ifdef SYMMETRIC
// Members have no names either: chains 1 .. CHAINS - 1 are kept in the order of all that is known of them. Only where no member is PUSHED or
// BRAKED. A trail then numbers members by their place in that order.
#define key(j) (head[j].phase + (head[j].clock << 3) + (head[j].foreign << 5) + (fin[j].phase << 6) + (fin[j].clock << 9) + (fin[j].foreign << 11) + \
                (((seen_halted >> (j)) & 1) << 12) + (((seen_green >> (j)) & 1) << 13) + (((dead >> (j)) & 1) << 14))
hidden int a;
hidden int b;
hidden View spare;

inline swap_bits(set, j) { set = (set & ~(3 << (j))) | (((set >> (j)) & 1) << (j + 1)) | (((set >> (j + 1)) & 1) << (j)) }
inline swap_members(j) {
  copy(spare, head[j]); copy(head[j], head[j + 1]); copy(head[j + 1], spare);
  copy(spare, fin[j]); copy(fin[j], fin[j + 1]); copy(fin[j + 1], spare);
  swap_bits(seen_halted, j); swap_bits(seen_green, j); swap_bits(dead, j)
}
inline unname() {
  y = 1;
  do
  :: y < CHAINS - 1 ->
    x = 1;
    do
    :: x < CHAINS - 1 ->
      a = key(x); b = key(x + 1);
      if
      :: a > b -> swap_members(x)
      :: else
      fi;
      x++
    :: else -> break
    od;
    y++
  :: else -> break
  od;
  x = 0; y = 0
}
#define last_of_equals (i == HOME || i == CHAINS - 1 || key(i) != key(i + 1))
#else
inline unname() { skip }
#define last_of_equals true
#endif

// After every change of the head.
inline changed() {
#ifdef WRONG_FACTS
  if
  :: open_epoch && !head[i].foreign && HALTED_BY_PLAN(head[i], i) -> glimpsed_halted = glimpsed_halted | BIT(i)
  :: else
  fi;
  if
  :: head[i].phase == GREEN -> glimpsed_green = glimpsed_green | BIT(i)
  :: else
  fi;
  if
  :: i == HOME -> glimpsed_decision = glimpsed_decision | head[HOME].decision
  :: else
  fi;
#endif
  laws();
  unname()
}

inline closed(as, running) {
  head[i].phase = as; head[i].version = running; head[i].clock = EARLY; head[i].engaged = 0;
  changed()
}

inline decided(as) {
  if
  :: head[HOME].decision != NONE && head[HOME].decision != as -> S2_decision_stands = 0
  :: else -> S2_decision_stands = 1
  fi;
  assert(S2_decision_stands);
  head[HOME].decision = as;
  changed()
}

// Every accepted certificate, counted by the law and not by the rule.
#define true_signers(kind) (SIGNED(kind) + (calm -> 0 : BYZANTINE))
inline quorate(kind) {
  S7_quorum_of_distinct_operators = (true_signers(kind) >= QUORUM);
  assert(S7_quorum_of_distinct_operators)
}
#define certified(kind) (SIGNERS(kind) >= THRESHOLD)
#define certified_old (SIGNED(VOTE_OLD) + (calm -> 0 : BYZANTINE) >= OLD_THRESHOLD)
#define can_switch (alive && head[i].phase == ARMED && OWN_PLAN && HALTED_BY_PLAN(head[i], i) && SWITCH_BEFORE && head[i].decision != OLD)
#define can_close(o) (alive && open_epoch && OWN_PLAN && CLOSE_AS_DECIDED(o) && !(CLOSE_EXPIRES))
#define can_close_new (can_close(NEW) && CLOSE_NEW_FROM && HALTED_BY_PLAN(head[i], i))

// A network plan switches nothing: its gates count as switched from a block on that is no transaction's, at the halt or where the base layer changes,
// which is whenever it likes. A change before the halt leaves no baseline, so it is as good as none. Home's gate knows nothing of it.
#ifdef NETWORK
#define can_change (alive && head[i].phase == ARMED && OWN_PLAN && HALTED_BY_PLAN(head[i], i))
#define home_is_through (open_epoch && OWN_PLAN && HALTED_BY_PLAN(head[HOME], HOME))
#else
#define can_change false
#define home_is_through (head[i].phase == GREEN || head[i].phase == RED)
#endif

inline switched(evidence) {
  quorate(SWITCH);
  head[i].phase = evidence; head[i].version = 1;
  changed()
}

// Home's decision was final when anybody signed this outcome; a home that was never armed by its haltAt says OLD.
inline as_decided(o) {
  S2_closes_only_as_home_decided_at_finality = ((seen_decision & o) != 0);
  assert(S2_closes_only_as_home_decided_at_finality)
}

inline close_new() {
  quorate(OUTCOME_NEW); as_decided(NEW);
  if
  :: head[i].phase == ARMED -> closed(CLOSED_NEW, RERUN)
  :: else -> closed(CLOSED_NEW, head[i].version)
  fi
}

inline close_old() {
  quorate(OUTCOME_OLD); as_decided(OLD);
  if
  :: head[i].phase == ARMED -> closed(CLOSED_OLD, head[i].version)
  :: else -> closed(CLOSED_OLD, ROLLBACK)
  fi
}

#ifdef DEEP
// A final block is replaced, and with it everything that happened here since the halt.
inline forget(clock_now) {
  deep_done = true;
  head[i].phase = ARMED; head[i].clock = clock_now; head[i].decision = NONE; head[i].version = 0;
  copy(fin[i], head[i]);
  see_final();
  printf("chain %d: final blocks are replaced, only the halt is left\n", i);
  changed()
}
#endif

proctype chain(byte i) {
end:
  do
  // ---- time and finality
  :: d_step { alive && head[i].phase <= RED && head[i].clock == EARLY -> head[i].clock = HALTED; printf("chain %d: haltAt passes\n", i); changed() }
  :: d_step { alive && head[i].clock == HALTED && (head[i].phase == ARMED || (i == HOME && open_epoch)) && !head[i].foreign ->
       head[i].clock = SWITCH_OVER; printf("chain %d: switchBy passes\n", i); changed() }
  :: d_step { alive && i == HOME && open_epoch && !head[i].foreign && head[i].clock == SWITCH_OVER ->
       head[i].clock = DECIDE_OVER; printf("chain %d: decideBy passes\n", i); changed() }
  :: d_step { alive && pending -> copy(fin[i], head[i]); see_final(); printf("chain %d: its head is final\n", i); unname() }
#ifdef REORGS
  :: d_step { pending && may_fail && last_of_equals -> spend(); copy(head[i], fin[i]); printf("chain %d: reorg, back to the final block\n", i); changed() }
#endif
#ifdef DEEP
  // Once. The halt itself stays: it is the clock's, and the new fork's clock passed haltAt too.
  :: d_step { may_deep && last_of_equals && fin[i].phase >= ARMED && !fin[i].foreign && seen_halted & BIT(i) -> forget(HALTED) }
  :: d_step { may_deep && last_of_equals && fin[i].phase >= ARMED && !fin[i].foreign && seen_halted & BIT(i) -> forget(SWITCH_OVER) }
  :: d_step { may_deep && last_of_equals && i == HOME && fin[i].phase >= ARMED && !fin[i].foreign && seen_halted & BIT(i) -> forget(DECIDE_OVER) }
#endif
  // ---- governance
  :: d_step { may_govern && last_of_equals && head[i].phase == IDLE && head[i].clock == EARLY -> head[i].phase = ARMED; printf("chain %d: arm\n", i); changed() }
#ifdef GOVERNANCE
  :: d_step { may_govern && last_of_equals && head[i].phase == IDLE && head[i].clock == EARLY ->
       head[i].phase = ARMED; head[i].foreign = 1; printf("chain %d: arm, another plan\n", i); changed() }
  :: d_step { may_govern && last_of_equals && head[i].phase == ARMED && !head[i].foreign && DISARM_BEFORE ->
       printf("chain %d: disarm\n", i);
       if
       :: i == HOME && head[i].decision == NONE -> head[i].decision = OLD
       :: else
       fi;
       closed(CLOSED_OLD, head[i].version) }
#endif
#ifdef BRAKED
  :: d_step { i == BRAKED && !head[i].brake -> head[i].brake = 1; printf("chain %d: haltNow\n", i); changed() }
  :: d_step { i == BRAKED && head[i].brake -> head[i].brake = 0; printf("chain %d: haltNow ends\n", i); changed() }
#endif
  // ---- anyone
  :: d_step { alive && i == PUSHED && open_epoch && head[i].clock >= HALTED && !head[i].engaged && !head[i].foreign ->
       head[i].engaged = 1; printf("chain %d: engage\n", i); changed() }
  :: d_step { can_switch && certified(SWITCH) -> printf("chain %d: switchVersion, it will verify green\n", i); switched(GREEN) }
  :: d_step { can_change -> printf("chain %d: it has changed, and verifies green\n", i); head[i].phase = GREEN; changed() }
#ifdef REDS
  :: d_step { can_change && may_fail -> spend(); printf("chain %d: it has changed, and verifies red\n", i); head[i].phase = RED; changed() }
  :: d_step { can_switch && certified(SWITCH) && may_fail -> spend(); printf("chain %d: switchVersion, it will verify red\n", i); switched(RED) }
#endif
  :: d_step { can_close_new && certified(OUTCOME_NEW) -> printf("chain %d: close NEW\n", i); close_new() }
  :: d_step { can_close(OLD) && certified(OUTCOME_OLD) -> printf("chain %d: close OLD\n", i); close_old() }
  // Certificates of the last epoch, presented again; there are enough of each.
  :: d_step { can_switch && OWN_EPOCH -> printf("chain %d: switchVersion with a certificate of the last epoch\n", i);
       head[i].phase = GREEN; head[i].version = 1; changed() }
  :: d_step { can_close(OLD) && OWN_EPOCH -> printf("chain %d: close OLD with a certificate of the last epoch\n", i); closed(CLOSED_OLD, 0) }
  // ---- anyone, on home
  :: d_step { i == HOME && alive && home_is_through && FIRST_DECISION && DECIDE_NEW_BEFORE && certified(VOTE_NEW) ->
       printf("chain %d: decide NEW\n", i); quorate(VOTE_NEW);
       NEW_is_decided_before_the_deadline = (head[i].clock < DECIDE_OVER);
       assert(NEW_is_decided_before_the_deadline);
       decided(NEW) }
  :: d_step { i == HOME && alive && open_epoch && OWN_PLAN && FIRST_DECISION && DECIDE_OLD_ALONE ->
       printf("chain %d: decide OLD, the deadline passed\n", i); decided(OLD) }
  :: d_step { i == HOME && alive && open_epoch && OWN_PLAN && FIRST_DECISION && head[i].clock < DECIDE_OVER && certified_old ->
       printf("chain %d: decide OLD, early\n", i);
       OLD_before_the_deadline_needs_an_honest_vote = (SIGNED(VOTE_OLD) > 0);
       assert(OLD_before_the_deadline_needs_an_honest_vote);
       decided(OLD) }
  od
}
