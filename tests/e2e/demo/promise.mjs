// Did it end as promised? Every operator's own account of the plan, the independent checker, and what the chains run.

/// Resolves the one JSON document of a headless run. plan: as one operator has it at the end.
export async function judgeEnd(demo, plan) {
  const { scenario } = demo;
  const [check, operators, spent] = await Promise.all([demo.check(), Promise.all(demo.operators.map((operator) => accountOf(operator, demo.planId))), demo.spent()]);
  const outcome = outcomeOf(plan);
  const halted = (await demo.gates()).map((gate) => Number(gate.closedAt) >= demo.haltAt);
  const reasons = [...new Set(operators.flatMap((operator) => operator.reasons))];
  const problems = [
    ...promiseProblems(scenario.promise, outcome, halted),
    ...(check.ok ? [] : [`the checker found: ${JSON.stringify(check.violations ?? check.error).slice(0, 2000)}`]),
    ...versionProblems(outcome, check),
    ...operatorProblems(operators, outcome),
    ...(scenario.because && !reasons.some((reason) => reason.includes(scenario.because)) ? [`nothing red mentions "${scenario.because}": ${reasons.join(' | ').slice(0, 2000)}`] : []),
    ...(await scenario.after?.(demo) ?? []),
  ];
  for (const { daemon } of demo.operators) daemon.sampleRss();
  return {
    schema: 'lockstep.demo/1', scenario: scenario.name, promise: scenario.promise, ok: problems.length === 0, outcome, problems, plan: demo.planId,
    reasons: reasons.slice(0, 5), halted: halted.some(Boolean), window: outcome === 'closed NEW' ? await demo.window() : null,
    checker: { ok: check.ok, violations: check.violations?.length ?? null, attestations: check.attestations ?? null, chains: check.chains },
    rss_peak_kib: Math.max(...demo.operators.map(({ daemon }) => daemon.peakRssKib)), daemon_starts: sum(demo.operators.map(({ daemon }) => daemon.starts)),
    operators: operators.map(({ reasons: _, ...account }) => account), gate_transactions: spent, seed: String(demo.seed), seconds: demo.marks, ...demo.result,
  };
}

/// What one operator says at the end. part: whether it was meant to carry the plan, only to watch, or to be away.
async function accountOf(operator, planId) {
  const { name, address, daemon } = operator;
  const part = operator.absent ? 'absent' : operator.observer ? 'observer' : 'full';
  const account = { name, address, part, api: operator.api, starts: daemon.starts, rss_peak_kib: daemon.peakRssKib, outcome: null, alarms: [], reasons: [] };
  if (operator.absent) return account;
  const at = `/api/v1/plans/${planId}`;
  const [plan, readiness, evidence, alarms] = await Promise.all([operator.plan(planId), daemon.get(`${at}/readiness`), daemon.get(`${at}/evidence`), operator.alarms()]);
  return { ...account, outcome: outcomeOf(plan), alarms: [...new Set(alarms.map(({ code }) => code))], reasons: reasonsOf(plan, readiness, evidence) };
}

const outcomeOf = (plan) => ({ closed_new: 'closed NEW', closed_old: 'closed OLD' })[plan.stage] ?? plan.stage;
const sum = (list) => list.reduce((total, value) => total + value, 0);

function operatorProblems(operators, outcome) {
  return operators.filter((operator) => operator.part === 'full' && operator.outcome !== outcome).map(({ name, outcome: own }) => `for ${name} the plan is ${own}, for others ${outcome}`);
}

function promiseProblems(promise, outcome, halted) {
  const want = { new: ['closed NEW'], old: ['closed OLD'], refused: ['closed OLD'], disarmed: ['closed OLD'], 'any-old': ['closed OLD'], 'old-or-new': ['closed OLD', 'closed NEW'] }[promise];
  const problems = want.includes(outcome) ? [] : [`promised ${want.join(' or ')}, ended ${outcome}`];
  if (['refused', 'disarmed'].includes(promise) && halted.some(Boolean)) problems.push('a chain was halted; promised that none would be');
  if (['old', 'new'].includes(promise) && !halted.every(Boolean)) problems.push('not every chain was halted; this run does not show what it promises');
  return problems;
}

function versionProblems(outcome, check) {
  const want = outcome === 'closed NEW' ? '2' : '1';
  return (check.chains ?? []).filter((chain) => chain.version !== want || !chain.open)
    .map((chain) => `${chain.chain} runs version ${chain.version}${chain.open ? '' : ' and is not open'}; ${outcome} means version ${want}, open`);
}

function reasonsOf(plan, readiness, evidence) {
  const red = (rows) => rows.filter((row) => row.colour === 'red').map((row) => `${row.level ?? ''} ${row.name}: ${row.detail}`);
  const reports = evidence.instances.flatMap(({ baseline, evidence: after, soak }) => [baseline, after, soak].filter(Boolean));
  return [plan.old_reason, ...readiness.instances.flatMap(({ rows }) => red(rows)), ...reports.flatMap(({ rows }) => red(rows))].filter(Boolean);
}
