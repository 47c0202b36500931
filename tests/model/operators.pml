// An honest operator. What may be signed is in rules.pml; here is only that each kind is signed once and that names do not matter.

// op[] stays ascending; a signature adds a kind, so its entry moves to the right. Of equal operators the last one acts.
#define first_of_equals (k == HONEST - 1 || op[k] != op[k + 1])
#define up (first_of_equals && !(op[k] & DOWN))
#define undecided (seen_decision == NONE || deep_done)

inline sign(kind) {
  op[k] = op[k] | kind;
  x = k;
  do
  :: x < HONEST - 1 && op[x] > op[x + 1] -> y = op[x]; op[x] = op[x + 1]; op[x + 1] = y; x++
  :: else -> break
  od;
  x = 0;
  y = 0
}

// S8 and the order of words, asserted apart from the rules.
inline honest(kind) {
  S8_one_statement_for_each_kind = !((kind == OUTCOME_NEW && op[k] & OUTCOME_OLD) || (kind == OUTCOME_OLD && op[k] & OUTCOME_NEW));
  assert(S8_one_statement_for_each_kind);
  NOTHING_for_NEW_after_VOTE_OLD = !((kind == SWITCH || kind == VOTE_NEW) && op[k] & VOTE_OLD);
  assert(NOTHING_for_NEW_after_VOTE_OLD);
  sign(kind)
}

proctype operator(byte k) {
end:
  do
  :: d_step { up && !(op[k] & SWITCH) && NEW_AFTER_OLD && SWITCH_WHEN -> printf("operator: signs SWITCH\n"); honest(SWITCH) }
  // Once home's decision is final no vote is of use, unless a deep reorganisation takes it back.
  :: d_step { up && !(op[k] & VOTE_NEW) && NEW_AFTER_OLD && VOTE_NEW_WHEN && undecided -> printf("operator: signs VOTE_NEW\n"); honest(VOTE_NEW) }
  :: d_step { up && !(op[k] & VOTE_OLD) && may_abort && undecided -> printf("operator: signs VOTE_OLD\n"); honest(VOTE_OLD) }
  :: d_step { up && OUTCOME_ONCE && !(op[k] & OUTCOME_NEW) && OUTCOME_WHEN(NEW) -> printf("operator: signs OUTCOME NEW\n"); honest(OUTCOME_NEW) }
  :: d_step { up && OUTCOME_ONCE && !(op[k] & OUTCOME_OLD) && OUTCOME_WHEN(OLD) -> printf("operator: signs OUTCOME OLD\n"); honest(OUTCOME_OLD) }
#ifdef CRASHES
  :: d_step { up && may_crash -> spend(); printf("operator: crashes for ever\n"); sign(DOWN) }
#endif
  od
}
