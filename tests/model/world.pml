// One epoch of Lockstep: gates on CHAINS chains, home among them, and M operators, of which at most F are Byzantine.
// What is abstracted, and why that is safe, is argued here; docs/assurance.md says what is left out.
//
// Views. An honest operator acts on final blocks that it may have read at any time before, each chain at another time. Every rule that lets it
// sign asks only for facts of the form "a final block showed ...", and such a fact stays true (SEEN below). So instead of HONEST x CHAINS views
// the model keeps the facts: whoever signs may have any mixture of old views. Rules of the coordinator that only forbid more (time left before
// switchBy and decideBy, "home is not decided yet", hold, freeze) are left out of the guards: the operator of the model may do more than ours.
// tests/model/operator.pml shows for one operator in full detail that it signs nothing that is not allowed here.
//
// Operators. Honest ones differ only in what they signed, so op[] is kept sorted: states that differ in their names are one state. A crash is an
// operator that does nothing for a while, or for ever, and every interleaving contains it; what it signed is durable (S8, S11), so a restart adds
// nothing. "Wants OLD" may begin at any time, as an operator may always abort; one that wants OLD and has not signed it yet is one that merely
// does not sign SWITCH and VOTE_NEW. Byzantine operators sign everything: each certificate over any statement has F signatures to begin with.
//
// Certificates may be submitted by anyone at any time and any number of times, so who submits, ranks and stagger do not exist.
//
// Chains. A head, a final block, and effects between them. A reorganisation takes the head back to the final block, its clock included. Taking
// back or finalising only a part of the pending effects gives nothing new: it is the run in which the rest was not included yet.
//
// Clocks. Nobody compares times of two chains, so a clock is the last threshold it passed, and passes the next one whenever it likes. Clocks
// of closed gates are read by nobody and therefore forgotten.

#ifndef CHAINS
#define CHAINS 3
#endif
#ifndef HONEST              /* M - F */
#define HONEST 3
#endif
#ifndef BYZANTINE           /* F, in the certificates; the quorum of VOTE_OLD is F + 1 */
#define BYZANTINE 1
#endif
#ifndef FAULTY
#define FAULTY BYZANTINE
#endif
#ifndef QUORUM              /* N; 2N > M + F */
#define QUORUM 3
#endif
#ifndef PUSHED              /* the chain whose breaker must be pushed by engage(); CHAINS for none */
#define PUSHED CHAINS
#endif

#define HOME 0
#define ALL ((1 << CHAINS) - 1)
#define BIT(i) (1 << (i))

// Clock: thresholds passed. Members do not know decideBy.
#define EARLY 0
#define HALTED 1            /* >= haltAt */
#define SWITCH_OVER 2       /* > switchBy */
#define DECIDE_OVER 3       /* >= decideBy */

// Phase. A switch leaves evidence that is green or red; which, depends on the block that includes it.
#define IDLE 0
#define ARMED 1
#define GREEN 2             /* SWITCHED, verifies green */
#define RED 3               /* SWITCHED, verifies red */
#define CLOSED_NEW 4
#define CLOSED_OLD 5

// Outcomes, also as a set.
#define NONE 0
#define NEW 1
#define OLD 2

typedef View {
  unsigned phase : 3;
  unsigned clock : 2;
  unsigned decision : 2;    /* home only */
  unsigned engaged : 1;
  unsigned version : 1;     /* what really runs: 0 old, 1 new */
  unsigned foreign : 1;     /* armed with another plan */
  unsigned brake : 1        /* HALT_NOW */
};
View head[CHAINS];
View fin[CHAINS];

// SEEN: what some final block showed, as sets of chains, and of outcomes for home.
byte seen_halted;
byte seen_green;
byte seen_decision;
// Facts that only wrong operators of the mutants use.
#ifdef WRONG_FACTS
byte seen_switched;         /* switched in a final block, verified or not */
byte glimpsed_halted;       /* the same facts in a block that was not final */
byte glimpsed_green;
byte glimpsed_decision;
#endif

// What an honest operator signed. Bits, and OUTCOME for two outcomes, so that S8 has something to forbid.
#define SWITCH 1
#define VOTE_NEW 2
#define VOTE_OLD 4
#define OUTCOME_NEW 8
#define OUTCOME_OLD 16
#define OUTCOME(o) ((o) == NEW -> OUTCOME_NEW : OUTCOME_OLD)
#define DOWN 32             /* crashed for ever; only where liveness is asked */
byte op[HONEST];

bool calm;                  /* faults have stopped; only where liveness is asked */
byte dead;                  /* chains that stopped for ever */
bool over;                  /* nothing is left to do */
byte budget;                /* faults left, where they are bounded */
bool deep_done;             /* the one reorganisation of final blocks */

#define OP_HAS(k, kind) ((op[k] & (kind)) != 0)
#if HONEST == 3
#define SIGNED(kind) (OP_HAS(0, kind) + OP_HAS(1, kind) + OP_HAS(2, kind))
#elif HONEST == 4
#define SIGNED(kind) (OP_HAS(0, kind) + OP_HAS(1, kind) + OP_HAS(2, kind) + OP_HAS(3, kind))
#elif HONEST == 5
#define SIGNED(kind) (OP_HAS(0, kind) + OP_HAS(1, kind) + OP_HAS(2, kind) + OP_HAS(3, kind) + OP_HAS(4, kind))
#endif
