// Bugs that somebody could write, one replacement each (`also`: further ones that only together make the bug; then one of them alone is caught by
// a second line of defence). All of them break a law of DESIGN that the simulator's judge reads; what only makes an end come later, or is undone by
// another operator, is for unit tests and the model, and what takes thousands of seeds is left out (docs/assurance.md names both).
// coordinator: what an operator decides; journal and runtime: what it may do before it is durable; gate: the contract, as the simulator models it;
// mirror: what E4 compares.
const coordinator = (name, file, from, to) => ({ name, file: `src/coordinator/${file}.cpp`, from, to })
const guard = (name, from, to) => ({ name, file: 'src/journal/guard.cpp', from, to })
const gate = (name, from, to) => ({ name, file: 'adapters/sim/gate.cpp', from, to })

export const bugs = [
  coordinator('switch-when-home-is-halted', 'derive_stage',
    'if (!all([&](InstanceIndex i) { return halted_final(plan, i) && baseline_good(plan.instances[i]); }))',
    'if (!halted_final(plan, plan.plan.home) || !baseline_good(plan.instances[plan.plan.home]))'),
  coordinator('halted-without-the-push-breaker', 'facts', 'view.block.time >= plan.plan.window.halt_at && engaged;', 'view.block.time >= plan.plan.window.halt_at;'),
  { ...coordinator('red-evidence-counts', 'facts', 'return evidence_final(plan, index) && worst(plan.instances[index].evidence->rows) != Colour::red;', 'return evidence_final(plan, index);'),
    also: [{ file: 'src/coordinator/derive_old.cpp', from: '  if (evidence_red(plan, i))', to: '  if (false)' }] },
  { ...coordinator('evidence-counts-by-height', 'facts', '  return since == instance.evidence->block ||\n         (voted_before && instance.final->block.num >= instance.evidence->block.num);', '  (void)since, (void)voted_before;\n  return instance.final->block.num >= instance.evidence->block.num;'),
    also: [{ file: 'src/coordinator/apply.cpp', from: '  if (replaced || undone || elsewhere) drop_evidence(instance);', to: '  (void)(replaced || undone || elsewhere);' }] },
  coordinator('switch-seen-at-the-head-counts', 'facts', '  const auto& final = plan.instances[index].final;\n  return final && switched(plan.plan, index, *final);', '  const auto* view = latest(plan.instances[index]);\n  return view && switched(plan.plan, index, *view);'),
  coordinator('the-change-of-a-chain-is-not-waited-for', 'facts', ': !view.switched_in.hash.is_zero();', ': view.halted;'),
  coordinator('vote-new-without-one-instance', 'facts', 'return everywhere(plan, [&](InstanceIndex i) { return evidence_good(plan, i); });', 'return everywhere(plan, [&](InstanceIndex i) { return i + 1U == plan.instances.size() || evidence_good(plan, i); });'),
  coordinator('forward-after-voting-old', 'derive_signing', 'return plan.decision == Outcome::none && plan.old_reason.empty() && !intended(plan, Kind::vote_old);', 'return plan.decision == Outcome::none;'),
  coordinator('decision-read-at-the-head', 'derive_decision', 'const auto& final = plan.instances[home].final;\n  if (!final) return;\n  const auto num', 'const auto& at = plan.instances[home];\n  const auto& final = at.head ? at.head : at.final;\n  if (!final) return;\n  const auto num'),
  coordinator('decision-turned-round', 'derive_decision', 'draft.add(Decided{draft.hash(), final->decision, final->decision_evidence, num});', 'draft.add(Decided{draft.hash(), final->decision == Outcome::new_version && plan.instances.size() > 3 ? Outcome::old_version : final->decision, final->decision_evidence, num});'),
  coordinator('one-signature-too-few', 'certificates', 'std::size_t{plan.operators.threshold};', 'std::max<std::size_t>(1, plan.operators.threshold - 1);'),
  coordinator('certificate-of-mixed-statements', 'certificates', '    if (attestation.statement == statement) signatures.push_back(attestation.signature);', '    signatures.push_back(attestation.signature);'),
  coordinator('certificate-out-of-order', 'certificates', '  if (signatures.size() < needed) return std::nullopt;\n  return signatures;', '  if (signatures.size() < needed) return std::nullopt;\n  std::ranges::reverse(signatures);\n  return signatures;'),
  coordinator('another-outcome-closes', 'derive_submits', 'return certified(plan, i, Action::close, our_statement(plan, Kind::outcome), plan.decision);', 'return certified(plan, i, Action::close, our_statement(plan, Kind::outcome), Outcome::old_version);'),
  coordinator('no-old-after-the-deadline', 'derive_submits', '    return Submit{plan.plan.hash, i, Action::decide, Outcome::old_version, {}, {}, 0};', '    return std::nullopt;'),
  coordinator('failed-transactions-are-not-repeated', 'derive_submits', 'before && failed(*before) && draft.now() >= before->asked_at + backoff_s(before->intent.attempt);', 'false;'),
  coordinator('the-irrevocable-does-not-go-first', 'derive_submits', 'return !first || *first == i || evidence_good(plan, *first);', 'return true;'),
  coordinator('engage-is-never-sent', 'derive_submits', '  if (!plan.plan.instances[i].push_breaker || !due) return std::nullopt;', '  return std::nullopt;'),
  coordinator('an-end-before-all-closed', 'facts', '  if (instance.closed != Outcome::none) return instance.closed == plan.decision;\n  return plan.decision', '  if (instance.closed != Outcome::none) return instance.closed == plan.decision;\n  if (index != plan.plan.home) return true;\n  return plan.decision'),
  coordinator('stale-evidence-is-kept', 'apply', '  if (replaced || undone || elsewhere) drop_evidence(instance);', '  (void)(replaced || undone || elsewhere);'),
  coordinator('a-signature-intent-is-not-outstanding', 'outstanding', '  if (plan.frozen || quarantined(plan) || plan.sign_refused.contains(kind)) return false;', '  if (kind == Kind::outcome || plan.frozen || quarantined(plan) || plan.sign_refused.contains(kind)) return false;'),
  coordinator('halted-at-the-head-counts', 'facts', '  const auto& view = *plan.instances[index].final;\n  const bool engaged', '  const auto& view = *latest(plan.instances[index]);\n  const bool engaged'),
  coordinator('a-replaced-final-block-freezes-nothing', 'apply', '  plan.forked = true;\n  plan.frozen = true;\n', '  plan.forked = true;\n'),
  coordinator('only-home-is-closed', 'derive_submits', '  if (plan.decision == Outcome::none || plan.instances[i].closed != Outcome::none || stuck(plan, i))\n', '  if (i != plan.plan.home || plan.decision == Outcome::none || plan.instances[i].closed != Outcome::none || stuck(plan, i))\n'),
  coordinator('every-operator-votes-for-something-else', 'vote_evidence', '  return keccak256(message);', '  if (plan.plan.self) append(message, plan.plan.self->view());\n  return keccak256(message);'),
  coordinator('evidence-is-never-asked-for', 'derive_checks', '  if (instance.evidence_asked || !baseline_good(instance) || !view) return;', '  if (i == 0 || instance.evidence_asked || !baseline_good(instance) || !view) return;'),
  coordinator('the-second-verification-is-never-asked-for', 'derive_checks', '  if (plan.stage != Stage::soaking || instance.soak_asked) return;', '  if (i == 0 || plan.stage != Stage::soaking || instance.soak_asked) return;'),
  coordinator('the-baseline-is-taken-at-any-time', 'derive_checks', '  if (!halted_final(plan, i) || !before_change(plan, i)) return;', '  if (!instance.final) return;'),

  { name: 'the-journal-is-not-synchronous', file: 'src/journal/sqlite.cpp', from: '"PRAGMA synchronous=FULL"', to: '"PRAGMA synchronous=NORMAL"',
    also: [{ file: 'src/journal/sqlite.cpp', from: '{"synchronous", "2"}', to: '{"synchronous", "1"}' }] },
  { name: 'effects-before-the-journal', file: 'src/runtime/engine.cpp', from: '    if (!last) return std::unexpected(Stop{74, last.error()});', to: '    if (!last) return {};' },
  { name: 'a-start-gives-nothing-out-again', file: 'src/runtime/recovery.cpp', from: '    book_.want(state_, effect);\n    dispatch(effect, sample_for(effect));', to: '    book_.want(state_, effect);' },

  guard('the-guard-writes-nothing-down', '  if (auto written = write(insert, goes_forward(statement)); !written) return std::unexpected(written.error());\n', ''),
  { ...guard('a-journal-older-than-its-guard-signs', '  if (why.empty() && seen_seq <= last_seq) return {};', '  if (why.empty()) return {};'), also: [{ file: 'src/coordinator/quarantine.cpp', from: '  if (knows_more(plan, plan.attestations) || knows_more(plan, plan.equivocations))', to: '  if (false)' }] },
  { name: 'what-is-withdrawn-is-signed', file: 'src/runtime/engine.cpp', from: '    if (withdraw_)\n', to: '    if (false)\n' },

  { name: 'the-mirror-sees-no-difference', file: 'adapters/sim/chain_work.cpp', from: 'report.rows.push_back(row("mirror", "E4", differences.empty(), std::move(detail)));', to: 'report.rows.push_back(row("mirror", "E4", true, std::move(detail)));' },

  gate('the-gate-counts-to-n-minus-one', '  if (count < need) return refuse("TooFewSignatures");', '  if (count + 1 < need) return refuse("TooFewSignatures");'),
  gate('the-gate-counts-one-signer-twice', '    if (*signer <= previous) return refuse("BadSignature(NOT_ASCENDING)");', '    if (*signer < previous) return refuse("BadSignature(NOT_ASCENDING)");'),
  gate('the-gate-takes-any-signer', '    if (std::ranges::find(set_.operators, *signer) == set_.operators.end()) return refuse("BadSignature(NOT_OPERATOR)");\n', ''),
  gate('the-gate-takes-one-vote-for-new', 'cert, set_.threshold); !enough) return enough;\n    decision_evidence_', 'cert, 1); !enough) return enough;\n    decision_evidence_'),
  gate('the-gate-takes-one-signature-to-switch', 'Outcome::none, cert, set_.threshold); !enough)\n    return enough;\n  return run_switch', 'Outcome::none, cert, 1); !enough)\n    return enough;\n  return run_switch'),
  gate('the-gate-takes-one-signature-to-close', 'outcome, cert, set_.threshold); !enough) return enough;\n  return finish', 'outcome, cert, 1); !enough) return enough;\n  return finish'),
  gate('the-gate-decides-old-with-nobody', '    if (!late) {', '    if (false) {'),
  gate('the-gate-closes-old-without-the-rollback', 'if (was_switched && leaf_->switches && !call.exchange.run_rollback(*leaf_, call.block))\n      return refuse("StepFailed(ROLLBACK_CALL)");\n    if (leaf_->switches && call.exchange.code() != leaf_->old_code) return refuse("StepFailed(OLD_CODE_AFTER)");', ''),
  gate('the-gate-is-not-halted-by-its-clock', '    planned = now >= halt_at_ ? mask_oracle : mask_all;', '    planned = mask_all;'),
  gate('the-gate-opens-when-it-switches', '    planned = now >= halt_at_ ? mask_oracle : mask_all;', '    planned = now >= halt_at_ && phase_ != GatePhase::switched ? mask_oracle : mask_all;'),
  gate('the-gate-jumps-an-epoch', 'fresh.epoch_ = epoch_ + 1;', 'fresh.epoch_ = epoch_ + 2;'),
  gate('the-gate-halts-by-one-operator', 'cert, set_.faulty + std::size_t{1}); !enough)\n      return enough;\n    halt_certificate_used_', 'cert, 1); !enough)\n      return enough;\n    halt_certificate_used_'),
  gate('certificates-expire', '  if (auto enough = require_signed(call, Kind::outcome, outcome, cert, set_.threshold); !enough) return enough;', '  if (call.block.time > leaf_->decide_by + 600) return refuse("Expired");\n  if (auto enough = require_signed(call, Kind::outcome, outcome, cert, set_.threshold); !enough) return enough;'),
]
