// wait: until a release is healthy, rolled back or paused, or until it cannot be any more.
import { formatDuration, millis } from '../lib/duration.ts';
import { openCluster, type Cluster } from './cluster.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CLUSTER_FLAGS, onlyName, type Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { GOALS, judgeWait, type Goal, type WaitJudgement } from './judge-wait.ts';
import { workloadName, type ReleaseView } from './release-view.ts';
import { readTimeoutMs } from './timeout.ts';
import { mayPass, UserError } from './user-error.ts';

const LOOK_AGAIN_MS = 500;

export const WAIT_COMMAND: Command = {
  name: 'wait',
  operands: '<release>',
  summary: 'Waits until a release is healthy, rolled back or paused.',
  details: [
    'Looks at what was written last: an answer that speaks of an older AppRelease or Deployment',
    'does not count. Prints a line whenever something changed.',
    'Exit code 0: it is so. 2: the release is rolled back, degraded or blocked instead.',
    '3: the time is over. 1: anything else.',
  ],
  flags: {
    ...CLUSTER_FLAGS,
    for: { type: 'string', value: 'goal', help: `${GOALS.join(', ')}. Default: healthy.` },
    timeout: { type: 'string', value: 'time', help: 'How long to wait. Default: 5m.' },
    patience: {
      type: 'string',
      value: 'time',
      help: 'How long Degraded or Blocked may last before it counts. Default: 10s.',
    },
  },
  examples: [
    'kubectl apply -f ledger.yaml && kubectl slipway wait ledger -n bank --timeout 15m',
    'kubectl slipway wait ledger --for rolledback',
  ],
  run: runWait,
};

interface Waiting {
  readonly cluster: Cluster;
  readonly io: Io;
  readonly name: string;
  readonly goal: Goal;
  readonly timeoutMs: number;
  readonly patienceMs: number;
}

async function runWait(args: Arguments, io: Io): Promise<ExitCode> {
  const name = onlyName(args, 'wait');
  const goal = readGoal(args.text('for') ?? 'healthy');
  const timeoutMs = readTimeoutMs(args, 'timeout', '5m');
  const patienceMs = readTimeoutMs(args, 'patience', '10s');
  const cluster = openCluster(args, io);
  try {
    return await waitFor({ cluster, io, name, goal, timeoutMs, patienceMs });
  } finally {
    cluster.close();
  }
}

async function waitFor(waiting: Waiting): Promise<ExitCode> {
  const { io, name, goal, timeoutMs, patienceMs } = waiting;
  const until = io.now() + timeoutMs;
  let said = '';
  let otherwiseSince: number | undefined;
  while (!io.isInterrupted()) {
    const seen = await lookOnce(waiting);
    if (seen.line !== said) io.out(`${seen.line}\n`);
    said = seen.line;
    const { judgement } = seen;
    if (judgement.kind === 'reached') return EXIT.ok;
    otherwiseSince = judgement.kind === 'otherwise' ? (otherwiseSince ?? io.now()) : undefined;
    if (judgement.kind === 'otherwise') {
      const lastedMs = io.now() - (otherwiseSince ?? io.now());
      if (!judgement.mayPass || lastedMs >= patienceMs) return EXIT.notReached;
    }
    if (io.now() >= until) {
      io.err(`${name} is not ${goal} after ${formatDuration(millis(timeoutMs))}\n`);
      return EXIT.timeout;
    }
    await io.sleep(LOOK_AGAIN_MS);
  }
  return EXIT.failed;
}

interface Look {
  readonly judgement: WaitJudgement;
  readonly line: string;
}

async function lookOnce({ cluster, name, goal }: Waiting): Promise<Look> {
  try {
    // The Deployment first: a status that is newer than this look has seen it as well.
    const before = await cluster.release(name);
    const workload = workloadName(before);
    if (workload === undefined) return toLook(before, judgeWait({ goal, view: before }));
    const workloadGeneration = await cluster.deploymentGeneration(workload);
    const view = await cluster.release(name);
    return toLook(view, judgeWait({ goal, view, workloadGeneration }));
  } catch (error) {
    if (!mayPass(error)) throw error;
    return { judgement: { kind: 'under way' }, line: 'the API server does not answer; looking again' };
  }
}

function toLook({ status }: ReleaseView, judgement: WaitJudgement): Look {
  const line =
    judgement.kind === 'unseen'
      ? `waiting for the operator to see ${judgement.what}`
      : `${status.phase ?? 'Unknown'}: ${status.message ?? ''}`.trimEnd();
  return { judgement, line };
}

function readGoal(text: string): Goal {
  const goal = GOALS.find((one) => one === text.toLowerCase());
  if (goal === undefined) throw new UserError(`--for: ${text} is none of ${GOALS.join(', ')}`);
  return goal;
}
