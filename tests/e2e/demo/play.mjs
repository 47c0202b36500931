// A scenario from its first line to its judgement.
import { judgeEnd } from './promise.mjs';

/// Chains, markets and operators, then the upgrade; resolves the one JSON document of a headless run.
export async function play(demo) {
  demo.say(`scenario ${demo.scenario.name}: ${demo.scenario.about}`);
  await demo.prepare();
  return upgrade(demo);
}

/// One upgrade in a world that stands.
export async function upgrade(demo) {
  const { scenario } = demo;
  await scenario.before?.(demo);
  await demo.submitPlan();
  const acting = scenario.act ? scenario.act(demo) : Promise.resolve();
  acting.catch(() => demo.team.heal());   // seen below; a failing act must neither end the process before the plan is told nor leave it stuck
  await demo.armEverywhere();
  const plan = await demo.follow(scenario.timeoutS ?? 240);
  await acting;
  await demo.usable();
  return judgeEnd(demo, plan);
}
