// promote, pause, resume, abort, retry: each makes a ReleaseAction in the caller's name and waits
// for the operator's answer.
import { ACTIONS, type ActionName, type ReleaseActionSpec } from '../api/release-action.ts';
import { assertNever } from '../lib/assert.ts';
import type { Cluster } from './cluster.ts';
import { openCluster } from './cluster.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CLUSTER_FLAGS, onlyName, type Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { readTimeoutMs } from './timeout.ts';
import type { ReleaseView } from './release-view.ts';
import { UserError } from './user-error.ts';

const LOOK_AGAIN_MS = 250;

const SUMMARY = {
  promote: 'Passes the pause or verify step at which a release stands.',
  pause: 'Holds a release at its present weight until somebody resumes it.',
  resume: 'Lets a paused release go on.',
  abort: 'Takes a release back: all traffic to stable, then the candidate goes.',
  retry: 'Tries a version again that was rolled back.',
} as const satisfies Record<ActionName, string>;

export const ACTION_COMMANDS: readonly Command[] = ACTIONS.map((action) => ({
  name: action,
  operands: '<release>',
  summary: SUMMARY[action],
  details: [
    'Creates a ReleaseAction in your name and waits for the answer of the operator. It names the',
    'revision that is current now: if another one is current when it arrives, it ends Expired and',
    `nothing happens. Needs the verb ${action} on the AppRelease.`,
  ],
  flags: {
    ...CLUSTER_FLAGS,
    reason: { type: 'string', value: 'text', help: 'Why, for the history.' },
    'on-behalf-of': {
      type: 'string',
      value: 'name',
      help: 'For whom, when a program asks. Needs the verb speak-for.',
    },
    timeout: { type: 'string', value: 'time', help: 'How long to wait for the answer. Default: 30s.' },
  },
  examples: [`kubectl slipway ${action} ledger -n bank --reason "looks good"`],
  run: (args, io) => runAction(action, args, io),
}));

async function runAction(action: ActionName, args: Arguments, io: Io): Promise<ExitCode> {
  const name = onlyName(args, action);
  const timeoutMs = readTimeoutMs(args, 'timeout', '30s');
  const cluster = openCluster(args, io);
  try {
    const view = await cluster.release(name);
    const by = await cluster.whoAmI();
    const asked = await cluster.ask({ ...actionOn(view, action), by, ...optionsOf(args) });
    return await waitForAnswer({ cluster, io, asked, timeoutMs });
  } finally {
    cluster.close();
  }
}

/**
 * What the action is about, from a look at the release. A UserError when there is nothing to act on.
 * Only promote names the step: passing a step that nobody looked at is the danger there, while an
 * abort that arrives one step late must still abort.
 */
export function actionOn(view: ReleaseView, action: ActionName): Omit<ReleaseActionSpec, 'by'> {
  const { status, name } = view;
  const about = { release: name, action };
  switch (action) {
    case 'retry': {
      if (status.phase !== 'RolledBack' || status.candidate === undefined) {
        throw new UserError(`${name} has nothing to retry: it is ${status.phase ?? 'not seen yet'}`);
      }
      return { ...about, revision: status.candidate.revision };
    }
    case 'promote':
      return { ...about, revision: candidateOf(view), ...(status.step ? { step: status.step.index } : {}) };
    case 'pause':
    case 'resume':
    case 'abort':
      return { ...about, revision: candidateOf(view) };
    default:
      return assertNever(action);
  }
}

function candidateOf({ status, name }: ReleaseView): number {
  if (status.candidate === undefined || status.stage === 'RolledBack') {
    throw new UserError(`no release of ${name} is under way: it is ${status.phase ?? 'not seen yet'}`);
  }
  return status.candidate.revision;
}

function optionsOf(args: Arguments): Partial<Pick<ReleaseActionSpec, 'reason' | 'onBehalfOf'>> {
  const reason = args.text('reason');
  const onBehalfOf = args.text('on-behalf-of');
  return { ...(reason === undefined ? {} : { reason }), ...(onBehalfOf === undefined ? {} : { onBehalfOf }) };
}

interface Waiting {
  readonly cluster: Cluster;
  readonly io: Io;
  readonly asked: string;
  readonly timeoutMs: number;
}

async function waitForAnswer({ cluster, io, asked, timeoutMs }: Waiting): Promise<ExitCode> {
  const until = io.now() + timeoutMs;
  while (!io.isInterrupted()) {
    const { phase, message = '' } = await cluster.actionStatus(asked);
    if (phase !== undefined) {
      io.out(`${phase}${message === '' ? '' : `: ${message}`}\n`);
      return phase === 'Applied' ? EXIT.ok : EXIT.failed;
    }
    if (io.now() >= until) break;
    await io.sleep(LOOK_AGAIN_MS);
  }
  throw new UserError(
    `the operator has not answered yet: is one running that watches ${cluster.namespace}? The request ` +
      `stands: kubectl get releaseaction ${asked} -n ${cluster.namespace}`,
  );
}
