// `make demo`: the product on a real cluster, shown to whoever watches. Exits 0 only if all of it held.
import { DEMO } from '../../../charts-ts/src/environments/demo.ts';
import { createProgress } from '../../cluster/src/progress.ts';
import { runLoad } from '../../load/load.ts';
import { seedLedger } from '../../load/seed.ts';
import { openCluster } from '../support/open-cluster.ts';
import { playRelease, type Played, type Scenario, type Stage } from '../support/play-release.ts';
import { DEMO_SCENARIOS } from '../support/scenarios.ts';
import { installStack, openStack } from '../support/stack.ts';
import { watchWorld } from '../support/world-watch.ts';
import { createLiveView, loadSince } from './live-view.ts';
import { findings, renderTable } from './table.ts';

const RATE_PER_SECOND = 50;
const LOOK_EVERY_MS = 500;

const progress = createProgress(process.stdout);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const access = await openCluster(progress);
const stack = openStack(access);
await installStack(stack, progress);
const ledger = await progress.step('open accounts and put money on them', () =>
  seedLedger(stack.ledger, { accounts: 40, fundsEach: 100_000 }));
const world = await watchWorld(stack, DEMO.namespace, DEMO.app);
const load = runLoad({ ...stack.ledger, ledger, ratePerSecond: RATE_PER_SECOND, maxInFlight: 100 });

const played: Played[] = [];
for (const scenario of DEMO_SCENARIOS) played.push(await show({ stack, world, load }, scenario));

say('\nchecking the money');
const audit = await load.audit();
await world.stop();
stack.transport.close();
say(`\n${renderTable(played)}\n`);
say(`ledger: ${audit.acceptedTransfers} transfers accepted; money before ${audit.fundsBefore}, after ${audit.fundsAfter}; balanced: ${audit.ledgerBalanced}`);
const wrong = findings(played, audit);
for (const finding of wrong) say(`✗ ${finding}`);
say(wrong.length === 0 ? '✓ all of it held' : `✗ ${wrong.length} of it did not hold`);
say(`\nThe cluster goes on: KUBECONFIG=${access.kubeconfigPath} ${access.kubectl} -n ${DEMO.namespace} get apprelease\nTake it down with: make demo-down`);
process.exit(wrong.length === 0 ? 0 : 1);

async function show(stage: Stage, scenario: Scenario): Promise<Played> {
  say(`\n── ${scenario.name} (${scenario.version.image}) under ${RATE_PER_SECOND} requests a second`);
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
  say(`   ${result.outcome === scenario.want ? '✓' : '✗'} ${result.outcome}: ${result.reason}: ${result.message}`);
  return result;
}
