// Every rule of gates and operators that a law rests on, one macro each. A mutant of `mutants` replaces one of them.
// In scope: `i` the chain, `k` the operator.

// ---- operators -------------------------------------------------------------------------------------------------------------------------------
#ifndef SWITCH_WHEN         /* every gate halted in a final block, by its own clock, with a good baseline */
#define SWITCH_WHEN (seen_halted == ALL)
#endif
#ifndef VOTE_NEW_WHEN       /* every gate switched in a final block, and that block's evidence is green */
#define VOTE_NEW_WHEN (seen_green == ALL)
#endif
#ifndef NEW_AFTER_OLD       /* after VOTE_OLD neither SWITCH nor VOTE_NEW */
#define NEW_AFTER_OLD (!(op[k] & VOTE_OLD))
#endif
#ifndef OUTCOME_WHEN        /* what a final block of home says; home never armed by its haltAt says OLD */
#define OUTCOME_WHEN(o) ((seen_decision & o) != 0)
#endif
#ifndef OUTCOME_ONCE        /* the signing guard: once for each kind, over every restart */
#define OUTCOME_ONCE (!(op[k] & (OUTCOME_NEW | OUTCOME_OLD)))
#endif

// ---- gates -----------------------------------------------------------------------------------------------------------------------------------
#ifndef THRESHOLD           /* distinct signers of a certificate */
#define THRESHOLD QUORUM
#endif
#ifndef SIGNERS             /* of a certificate: the honest ones that signed, and every Byzantine one, each counted once */
#define SIGNERS(kind) (SIGNED(kind) + (calm -> 0 : BYZANTINE))
#endif
#ifndef OLD_THRESHOLD
#define OLD_THRESHOLD (FAULTY + 1)
#endif
#ifndef OWN_PLAN            /* the leaf a certificate is for is the armed one */
#define OWN_PLAN (!head[i].foreign)
#endif
#ifndef OWN_EPOCH           /* statements name their epoch; those of the last one are known to everybody, and all of them were signed */
#define OWN_EPOCH false
#endif
#ifndef HALTED_BY_PLAN      /* of a view: haltAt passed, and the breaker was pushed where it must be */
#define HALTED_BY_PLAN(v, j) (v.clock >= HALTED && (j != PUSHED || v.engaged))
#endif
#ifndef SWITCH_BEFORE       /* switchBy */
#define SWITCH_BEFORE (head[i].clock == HALTED)
#endif
#ifndef DECIDE_NEW_BEFORE   /* decideBy */
#define DECIDE_NEW_BEFORE (head[HOME].clock >= HALTED && head[HOME].clock < DECIDE_OVER)
#endif
#ifndef DECIDE_OLD_ALONE    /* from decideBy on nothing is needed */
#define DECIDE_OLD_ALONE (head[HOME].clock == DECIDE_OVER)
#endif
#ifndef FIRST_DECISION      /* the first valid decision stands */
#define FIRST_DECISION (head[HOME].decision == NONE)
#endif
#ifndef CLOSE_AS_DECIDED    /* home compares a certificate with its own decision */
#define CLOSE_AS_DECIDED(o) (i != HOME || head[i].decision == o)
#endif
#ifndef CLOSE_EXPIRES
#define CLOSE_EXPIRES false
#endif
#ifndef CLOSE_NEW_FROM      /* also from ARMED: a switch that was lost runs again */
#define CLOSE_NEW_FROM (head[i].phase >= ARMED)
#endif
#ifndef RERUN               /* what closing NEW from ARMED leaves running */
#define RERUN 1
#endif
#ifndef ROLLBACK            /* what closing OLD from SWITCHED leaves running */
#define ROLLBACK 0
#endif
#ifndef DISARM_BEFORE
#define DISARM_BEFORE (head[i].clock == EARLY)
#endif
#ifndef HOME_NEVER_ARMED    /* by its own haltAt: after that its leaf cannot be armed any more */
#define HOME_NEVER_ARMED(v) ((v.phase == IDLE || v.foreign) && v.clock >= HALTED)
#endif
