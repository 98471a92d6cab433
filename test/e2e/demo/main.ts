// `make demo`: the product on a real cluster, shown to whoever watches. Exits 0 only if all of it held.
import { DEMO } from '../../../charts-ts/src/environments/demo.ts';
import { createProgress } from '../../cluster/src/progress.ts';
import { openCluster } from '../support/open-cluster.ts';
import { closeStage, openStage, RATE_PER_SECOND } from '../support/open-stage.ts';
import { playRelease, type Played, type Scenario, type Stage } from '../support/play-release.ts';
import { DEMO_SCENARIOS } from '../support/scenarios.ts';
import { installStack, openStack } from '../support/stack.ts';
import { createLiveView, loadSince } from './live-view.ts';
import { findings, renderTable } from './table.ts';

const LOOK_EVERY_MS = 500;

const progress = createProgress(process.stdout);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const access = await openCluster(progress);
const stack = openStack(access);
await installStack(stack, progress);
const stage = await progress.step('open accounts and put money on them', () =>
  openStage(stack, 40),
);

const played: Played[] = [];
for (const scenario of DEMO_SCENARIOS) played.push(await show(stage, scenario));

say('\nchecking the money');
const audit = await stage.load.audit();
await closeStage(stage);
say(`\n${renderTable(played)}\n`);
say(
  `ledger: ${audit.acceptedTransfers} transfers accepted; money before ${audit.fundsBefore}, after ${audit.fundsAfter}; balanced: ${audit.ledgerBalanced}`,
);
const wrong = findings(played, audit);
for (const finding of wrong) say(`✗ ${finding}`);
say(wrong.length === 0 ? '✓ all of it held' : `✗ ${wrong.length} of it did not hold`);
say(
  `\nThe cluster goes on: KUBECONFIG=${access.kubeconfigPath} ${access.kubectl} -n ${DEMO.namespace} get apprelease\nTake it down with: make demo-down`,
);
process.exit(wrong.length === 0 ? 0 : 1);

async function show(stage: Stage, scenario: Scenario): Promise<Played> {
  say(
    `\n── ${scenario.name} (${scenario.version.image}) under ${RATE_PER_SECOND} requests a second`,
  );
  const view = createLiveView(process.stdout);
  const before = stage.load.snapshot();
  const startedAt = Date.now();
  const timer = setInterval(() => {
    view.show({
      scenario: scenario.name,
      elapsedSeconds: (Date.now() - startedAt) / 1000,
      status: stage.world.status(),
      weight: stage.world.weights().at(-1)?.value ?? 0,
      load: loadSince(before, stage.load.snapshot()),
    });
  }, LOOK_EVERY_MS);
  const result = await playRelease(stage, scenario);
  clearInterval(timer);
  view.end();
  say(
    `   ${result.outcome === scenario.want ? '✓' : '✗'} ${result.outcome}: ${result.reason}: ${result.message}`,
  );
  return result;
}
