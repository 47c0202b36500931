// Did it end as promised? The plan's own account, the independent checker, and what the chains run.

/// Resolves the one JSON document of a headless run.
export async function judgeEnd(demo, plan) {
  const { scenario } = demo;
  const [check, readiness, evidence] = await Promise.all([
    demo.check(), demo.daemon.get(`/api/v1/plans/${demo.planId}/readiness`), demo.daemon.get(`/api/v1/plans/${demo.planId}/evidence`),
  ]);
  const outcome = outcomeOf(plan);
  const halted = await Promise.all(demo.chains.map(async (chain) => Number((await chain.status()).closedAt) >= demo.haltAt));
  const reasons = reasonsOf(plan, readiness, evidence);
  const problems = [
    ...promiseProblems(scenario.promise, outcome, halted),
    ...(check.ok ? [] : [`the checker found: ${JSON.stringify(check.violations ?? check.error).slice(0, 2000)}`]),
    ...versionProblems(outcome, check),
    ...(scenario.because && !reasons.some((reason) => reason.includes(scenario.because)) ? [`nothing red mentions "${scenario.because}": ${reasons.join(' | ').slice(0, 2000)}`] : []),
  ];
  demo.daemon.sampleRss();
  return {
    schema: 'lockstep.demo/1', scenario: scenario.name, promise: scenario.promise, ok: problems.length === 0, outcome, problems, plan: demo.planId,
    reasons: reasons.slice(0, 5), halted: halted.some(Boolean), window: outcome === 'closed NEW' ? await demo.window() : null,
    checker: { ok: check.ok, violations: check.violations?.length ?? null, chains: check.chains }, rss_peak_kib: demo.daemon.peakRssKib, daemon_starts: demo.daemon.starts,
    seconds: demo.marks, ...demo.result,
  };
}

const outcomeOf = (plan) => ({ closed_new: 'closed NEW', closed_old: 'closed OLD' })[plan.stage] ?? plan.stage;

function promiseProblems(promise, outcome, halted) {
  const want = { new: ['closed NEW'], old: ['closed OLD'], refused: ['closed OLD'], disarmed: ['closed OLD'], 'old-or-new': ['closed OLD', 'closed NEW'] }[promise];
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
