// The model of Lockstep's protocol: `tests/model/run` says which configurations exist. world.pml argues the abstraction.
#include "world.pml"
#include "rules.pml"
#include "laws.pml"

#ifdef LIVENESS
// Faults are bounded and stop: then every run ends, because all that is left only ever moves on, and `run` shows that no cycle exists. Where a
// run ends, everything that had to happen has happened: what is not true there is not true under any fairness.
#define may_fail (!calm && budget > 0)
#define may_govern (!calm && alive)
#define may_abort (!calm)
#define may_crash (!calm && budget > 0)
#define may_deep (!calm && !deep_done && i != HOME)
inline spend() { budget-- }
#else
#define may_fail true
#define may_govern true
#define may_abort true
#define may_deep (!deep_done)
inline spend() { skip }
#endif

#include "gate.pml"
#include "operators.pml"

#ifdef LIVENESS
#define is_over(j) (fin[j].phase == IDLE || fin[j].foreign || fin[j].phase >= CLOSED_NEW || dead & BIT(j))
inline judge() {
  over = true;
  L1_a_decision_is_reached = (seen_decision != NONE);
  assert(L1_a_decision_is_reached);
  L2_OLD_unless_all_switched = (seen_green == ALL || !(seen_decision & NEW));
  assert(L2_OLD_unless_all_switched);
  x = 0;
  do
  :: x < CHAINS -> L3_every_live_chain_leaves_halted = is_over(x); assert(L3_every_live_chain_leaves_halted); x++
  :: else -> break
  od;
  x = 0
}

proctype faults() {
  do
  :: d_step { !calm -> calm = true; printf("faults stop\n") }
#ifdef DEATHS
  :: d_step { may_fail -> spend(); dead = dead | BIT(1); printf("chain 1: stops for ever\n") }
#endif
  :: timeout -> d_step { printf("nothing is left to do\n"); judge() }; break
  od
}
#endif

init {
  d_step {
    x = 0;
    do
    :: x < CHAINS ->
#ifdef ARMED_ALREADY
      head[x].phase = ARMED; fin[x].phase = ARMED;
#endif
      x++
    :: else -> break
    od;
    x = 0
  }
  atomic {
    x = 0;
    do
    :: x < CHAINS -> run chain(x); x++
    :: else -> x = 0; break
    od;
    do
    :: x < HONEST -> run operator(x); x++
    :: else -> x = 0; break
    od
#ifdef LIVENESS
    ;
    budget = FAULTS;
    run faults()
#endif
  }
}
