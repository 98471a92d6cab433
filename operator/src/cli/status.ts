// status: the picture of a release, once or again and again.
import { openCluster, type Cluster } from './cluster.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CLUSTER_FLAGS, onlyName, type Arguments } from './flags.ts';
import type { Io } from './io.ts';
import type { SetPods } from './release-view.ts';
import { renderStatus, type StatusPicture } from './render-status.ts';
import { chooseStyle } from './style.ts';
import { mayPass } from './user-error.ts';

const LOOK_AGAIN_MS = 1000;
const TO_TOP_AND_CLEAR = '\u001B[H\u001B[J';

export const STATUS_COMMAND: Command = {
  name: 'status',
  operands: '<release>',
  summary: 'Shows where a release stands: traffic, steps, pods, checks, history.',
  details: ['Colours and redrawing at a terminal (NO_COLOR switches colours off), plain lines elsewhere.'],
  flags: {
    ...CLUSTER_FLAGS,
    watch: { type: 'boolean', short: 'w', help: 'Goes on showing it until Ctrl-C.' },
  },
  examples: ['kubectl slipway status ledger -n bank', 'kubectl slipway status ledger --watch'],
  run: runStatus,
};

async function runStatus(args: Arguments, io: Io): Promise<ExitCode> {
  const name = onlyName(args, 'status');
  const cluster = openCluster(args, io);
  try {
    if (args.isSet('watch')) await watch(cluster, name, io);
    else io.out(`${drawn(await look(cluster, name, io), io).join('\n')}\n`);
    return EXIT.ok;
  } finally {
    cluster.close();
  }
}

async function watch(cluster: Cluster, name: string, io: Io): Promise<void> {
  let said = '';
  while (!io.isInterrupted()) {
    const text = await frame(cluster, name, io).catch((error: unknown) => {
      if (!mayPass(error)) throw error;
      return 'the API server does not answer; looking again';
    });
    if (io.isTerminal) io.out(`${TO_TOP_AND_CLEAR}${text}\n`);
    else if (text !== said) io.out(`${text}\n`);
    said = text;
    await io.sleep(LOOK_AGAIN_MS);
  }
}

async function frame(cluster: Cluster, name: string, io: Io): Promise<string> {
  const picture = await look(cluster, name, io);
  if (io.isTerminal) return drawn(picture, io).join('\n');
  const { phase, message } = picture.view.status;
  return `${phase ?? 'Unknown'}: ${message ?? ''}`.trimEnd();
}

async function look(cluster: Cluster, name: string, io: Io): Promise<StatusPicture> {
  const view = await cluster.release(name);
  const names = [view.status.stable?.replicaSet, view.status.candidate?.replicaSet];
  const found = await Promise.all(
    [...new Set(names)].map((set) => (set === undefined ? undefined : cluster.replicaSet(set))),
  );
  return { view, sets: found.filter((set): set is SetPods => set !== undefined), now: io.now() };
}

function drawn(picture: StatusPicture, io: Io): string[] {
  return renderStatus(picture, chooseStyle(io.isTerminal, io.env));
}
