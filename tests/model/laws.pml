// The laws of DESIGN, as the gates show them at their heads: what users can trade on. A broken law ends the search and names itself, because an
// assertion prints its expression. They are true in every state, and x and y, with which loops count, are 0.
bool S1_switched_only_while_all_are_halted = true;
bool S2_one_outcome = true;
bool S2_home_closes_as_it_decided = true;
bool S2_decision_stands = true;
bool S2_closes_only_as_home_decided_at_finality = true;
bool S3_new_only_after_all_were_verified = true;
bool S4_closed_old_runs_old = true;
bool S5_open_instances_run_the_same_version = true;
bool S6_only_gates_of_the_plan_and_epoch = true;
bool S7_quorum_of_distinct_operators = true;
bool S8_one_statement_for_each_kind = true;
bool OLD_before_the_deadline_needs_an_honest_vote = true;
bool NEW_is_decided_before_the_deadline = true;
bool NOTHING_for_NEW_after_VOTE_OLD = true;
bool L1_a_decision_is_reached = true;
bool L2_OLD_unless_all_switched = true;
bool L3_every_live_chain_leaves_halted = true;
byte x;
byte y;

#define is_switched(j) (head[j].phase == GREEN || head[j].phase == RED)
#define is_closed(j) (head[j].phase >= CLOSED_NEW)
// The laws judge the halt by what a user sees, whatever the rules of a mutant believe. HALT_NOW ends by itself, so it does not make a law true.
#define is_halted(j) (head[j].phase != IDLE && !is_closed(j) && head[j].clock >= HALTED && (j != PUSHED || head[j].engaged))
#define is_open(j) (!is_switched(j) && !is_halted(j) && !head[j].brake)

// After every change of a head.
inline laws() {
  x = 0;
  do
  :: x < CHAINS ->
    S4_closed_old_runs_old = (head[x].phase != CLOSED_OLD || head[x].version == 0);
    assert(S4_closed_old_runs_old);
    S6_only_gates_of_the_plan_and_epoch = (!head[x].foreign || head[x].phase == ARMED);
    assert(S6_only_gates_of_the_plan_and_epoch);
    y = 0;
    do
    :: y < CHAINS ->
#ifndef NETWORK   /* a base layer changes when it will */
      S1_switched_only_while_all_are_halted = !(is_switched(x) && (head[y].phase == IDLE || (head[y].phase == ARMED && !is_halted(y))));
      assert(S1_switched_only_while_all_are_halted);
#endif
      S2_one_outcome = !(head[x].phase == CLOSED_NEW && head[y].phase == CLOSED_OLD);
      assert(S2_one_outcome);
      S5_open_instances_run_the_same_version = !(is_open(x) && is_open(y) && head[x].version != head[y].version);
      assert(S5_open_instances_run_the_same_version);
      y++
    :: else -> break
    od;
    x++
  :: else -> break
  od;
  S2_home_closes_as_it_decided = !((head[HOME].phase == CLOSED_NEW && head[HOME].decision != NEW) || (head[HOME].phase == CLOSED_OLD && head[HOME].decision != OLD));
  assert(S2_home_closes_as_it_decided);
  S3_new_only_after_all_were_verified = (head[HOME].decision != NEW || seen_green == ALL);
  assert(S3_new_only_after_all_were_verified);
  x = 0;
  y = 0
}
