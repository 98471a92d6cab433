// replay: any verdict again, from the operator's log alone.
import { type EvidenceLine, readEvidenceLine } from '../analysis/evidence-line.ts';
import { type QueryLine, readQueryLine, type ReplayedQuery, replayQueries } from '../analysis/query-line.ts';
import { type Replay, replay } from '../analysis/replay.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { renderPoll, renderQuery, renderReplay } from './render-replay.ts';
import { chooseStyle } from './style.ts';
import { UserError } from './user-error.ts';

export const REPLAY_COMMAND: Command = {
  name: 'replay',
  operands: '<log>',
  summary: 'Judges again what the operator has logged of a release, without a cluster.',
  details: [
    "The log is what `kubectl logs` prints of the operator, - for standard input; lines that are not",
    'evidence are passed over. Exit code 1 where the file has none that can be judged, 2 where a verdict',
    'comes out otherwise than it was recorded or lines are missing.',
  ],
  flags: {
    release: { type: 'string', value: 'namespace/name', help: 'Only this release.' },
    revision: { type: 'string', value: 'number', help: 'Only this revision.' },
    poll: { type: 'string', value: 'number', help: 'Only this poll, with each signal.' },
  },
  examples: [
    'kubectl logs -n slipway-system deploy/slipway-operator | kubectl slipway replay -',
    'kubectl slipway replay operator.log --release bank/ledger --revision 7 --poll 31',
  ],
  run: runReplay,
};

/** A log longer than this is to be cut to the time in question. */
const CHARACTERS_MAX = 512 * 1024 * 1024;

async function runReplay(args: Arguments, io: Io): Promise<ExitCode> {
  const [path] = args.positionals;
  if (path === undefined) throw new UserError('name a log: kubectl slipway replay <log>');
  const lines = readLines(io, path);
  const chosen = replay(lines.evidence).filter(wantedBy(args));
  const queries = replayQueries(lines.queries).filter(wantedBy(args));
  if (chosen.length + queries.length === 0) {
    throw new UserError(`${path} has no evidence that can be judged: a line that begins a release is needed`);
  }
  const style = chooseStyle(io.isTerminal, io.env);
  const poll = args.text('poll');
  for (const one of chosen) {
    const rows = poll === undefined ? renderReplay(one, style) : pollLines(one, numberIn(poll, 'poll'));
    io.out(`${rows.join('\n')}\n`);
  }
  for (const one of poll === undefined ? queries : []) {
    io.out(`${renderQuery(one, style).join('\n')}\n`);
  }
  const isSame = [...chosen, ...queries].every(
    ({ differsAt, gap }) => differsAt === undefined && gap === undefined,
  );
  return isSame ? EXIT.ok : EXIT.notReached;
}

interface Lines {
  readonly evidence: readonly EvidenceLine[];
  readonly queries: readonly QueryLine[];
}

function readLines(io: Io, path: string): Lines {
  const text = io.readText(path);
  if (text === undefined) throw new UserError(`there is no file ${path}`);
  if (text.length > CHARACTERS_MAX) throw new UserError(`${path} is too long: cut it to the time in question`);
  const lines = text.split('\n');
  const read = <T>(kind: string, from: (value: unknown) => T | undefined): readonly T[] =>
    lines.flatMap((line) => {
      const found = line.includes(`"${kind}"`) ? from(parsed(line)) : undefined;
      return found === undefined ? [] : [found];
    });
  return { evidence: read('evidence', readEvidenceLine), queries: read('query', readQueryLine) };
}

/* A log has lines of other programs in it, and may be cut off anywhere. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line.slice(line.indexOf('{')));
  } catch {
    return undefined;
  }
}

function wantedBy(args: Arguments): (one: Replay | ReplayedQuery) => boolean {
  const release = args.text('release');
  const revision = args.text('revision');
  const number = revision === undefined ? undefined : numberIn(revision, 'revision');
  return (one) =>
    (release === undefined || one.release === release) &&
    (number === undefined || one.revision === number);
}

function pollLines(one: Replay, poll: number): string[] {
  const found = one.polls.find((each) => each.poll === poll);
  if (found === undefined) {
    throw new UserError(`--poll: ${one.release} has polls 1 to ${one.polls.length}, not ${poll}`);
  }
  return renderPoll(found);
}

function numberIn(text: string, flag: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new UserError(`--${flag}: ${text} is not a number from 1`);
  return number;
}
