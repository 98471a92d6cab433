// simulate: what a release would do under traffic of a given kind, before it is let loose on users.
import { UNKNOWN, paramsOf } from '../analysis/params-of-spec.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import { parseSpec } from '../api/parse.ts';
import { seededRandom } from '../lib/seeded-random.ts';
import {
  type SimulatedRelease,
  type Simulation,
  everySecondsOf,
  simulateRelease,
} from '../rollout/simulate.ts';
import { stepsOf } from '../rollout/steps.ts';
import type { Command } from './command.ts';
import { svgPlot, terminalPlot, type Plot } from './evidence-plot.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { readManifests } from './manifests.ts';
import { bandOf, type SimulationSummary, type Spread, summaryOf } from './simulation-summary.ts';
import { UserError } from './user-error.ts';

const DEFAULT_RUNS = 1000;
const RUNS_MAX = 100_000;
/** Progress is shown for what takes longer than this. */
const QUIET_MS = 2000;

export const SIMULATE_COMMAND: Command = {
  name: 'simulate',
  operands: '-f <file>',
  summary: 'Tells what a release would do under your traffic: how long, how safe, at what cost to users.',
  details: [
    'Plays many releases with the real judge and the steps of the file: of a candidate that is as good as',
    'stable, and of one that is bad. Pods are taken to start at once and people to promote at once. The',
    'same seed gives the same answer.',
  ],
  flags: {
    file: { type: 'string', short: 'f', value: 'file', help: 'The AppRelease, YAML or JSON; - for standard input.' },
    rps: { type: 'string', value: 'number', help: 'Requests per second of all users. Default 50.' },
    'stable-errors': { type: 'string', value: 'percent', help: 'Error rate of stable. Default 0.1%.' },
    'candidate-errors': { type: 'string', value: 'percent', help: 'Error rate of the bad candidate. Default 5%.' },
    runs: { type: 'string', value: 'number', help: `Releases of each kind. Default ${DEFAULT_RUNS}.` },
    seed: { type: 'string', value: 'number', help: 'Default 1.' },
    svg: { type: 'string', value: 'file', help: 'Writes the plot as a picture, too.' },
  },
  examples: [
    'kubectl slipway simulate -f release.yaml --rps 20 --candidate-errors 2%',
    'kubectl slipway simulate -f release.yaml --svg evidence.svg',
  ],
  run: runSimulate,
};

async function runSimulate(args: Arguments, io: Io): Promise<ExitCode> {
  const spec = specIn(args, io);
  const traffic = {
    requestsPerSecond: numberOf(args, 'rps', { fallback: 50, max: 1_000_000 }),
    stableErrors: shareOf(args, 'stable-errors', '0.1%'),
    candidateErrors: shareOf(args, 'candidate-errors', '5%'),
  };
  const params = paramsOf(spec, { isBypassed: false, dispersion: UNKNOWN });
  const runs = Math.ceil(numberOf(args, 'runs', { fallback: DEFAULT_RUNS, max: RUNS_MAX }));
  const seed = numberOf(args, 'seed', { fallback: 1, max: 2 ** 31 });
  const play = (what: string, candidateErrors: number) =>
    playAll({ spec, params, traffic: { ...traffic, candidateErrors } }, { io, runs, seed, what });
  const good = play('good candidate', traffic.stableErrors);
  const bad = play('bad candidate', traffic.candidateErrors);
  const polls = [...good, ...bad].reduce((most, one) => Math.max(most, one.logEvidence.length), 0);
  const plot: Plot = {
    title: `Evidence at ${traffic.requestsPerSecond} requests per second`,
    bands: [
      bandOf(`as good as stable, ${percent(traffic.stableErrors)} errors`, good, polls),
      bandOf(`bad, ${percent(traffic.candidateErrors)} errors`, bad, polls),
    ],
    everySeconds: everySecondsOf(spec),
    threshold: 1 / params.falseRollbackRate,
  };
  const [better, worse] = [summaryOf(good), summaryOf(bad)];
  const told = [...goodLines(better), '', ...badLines(worse), ...warnings(spec, better)];
  io.out(`${[...told, '', ...terminalPlot(plot)].join('\n')}\n`);
  const picture = args.text('svg');
  if (picture !== undefined) io.writeText(picture, svgPlot(plot));
  return EXIT.ok;
}

interface Playing {
  readonly io: Io;
  readonly runs: number;
  readonly seed: number;
  readonly what: string;
}

function playAll(simulation: Simulation, { io, runs, seed, what }: Playing): readonly SimulatedRelease[] {
  const startedAt = io.now();
  let toldAt = startedAt;
  const releases: SimulatedRelease[] = [];
  for (let run = 0; run < runs; run += 1) {
    releases.push(simulateRelease(simulation, seededRandom(seed * 1_000_003 + run)));
    const now = io.now();
    if (now - startedAt > QUIET_MS && now - toldAt > 1000) {
      io.err(`${what}: ${run + 1} of ${runs}\n`);
      toldAt = now;
    }
  }
  return releases;
}

function goodLines(all: SimulationSummary): string[] {
  return [
    `a candidate as good as stable (${all.runs} releases):`,
    `  taken back       ${shareText(all.rolledBack, all.runs)}`,
    `  held             ${shareText(all.held, all.runs)}`,
    `  promoted after   ${spreadText(all.secondsToPromote)}`,
  ];
}

function badLines(all: SimulationSummary): string[] {
  const at = all.takenBackAt.map(([weight, count]) => `${weight} %: ${shareText(count, all.runs)}`);
  return [
    `a bad candidate (${all.runs} releases):`,
    `  taken back       ${shareText(all.rolledBack, all.runs)}${at.length > 0 ? ` (at ${at.join(', at ')})` : ''}`,
    `  promoted         ${shareText(all.promoted, all.runs)}`,
    ...(all.rolledBack > 0
      ? [`  with traffic for ${spreadText(all.secondsToRollback)} until then`]
      : []),
    `  bad responses    ${all.badResponses.median} (95 of 100 releases at most ${all.badResponses.p95})`,
  ];
}

/* What a strategy cannot see, it lets through. */
function warnings(spec: AppReleaseSpec, good: SimulationSummary): string[] {
  const found: string[] = [];
  if (!spec.checks?.scrape) found.push('without spec.checks.scrape no errors are seen at all');
  if (good.held > good.runs / 2) {
    found.push('most good releases are held: too few requests for a verify step before its deadline');
  }
  if (stepsOf(spec).length === 0) found.push('without steps the candidate gets everything at once');
  return found.length === 0 ? [] : ['', ...found.map((one) => `warning: ${one}`)];
}

function specIn(args: Arguments, io: Io): AppReleaseSpec {
  const path = args.text('file') ?? args.positionals[0];
  if (path === undefined) throw new UserError('name a file: kubectl slipway simulate -f <file>');
  const release = readManifests(io, path).find((object) => object['kind'] === 'AppRelease');
  if (release === undefined) throw new UserError(`${path} has no AppRelease in it`);
  const parsed = parseSpec(release['spec']);
  if (parsed.kind === 'valid') return parsed.value;
  const [first] = parsed.violations;
  throw new UserError(`${path}: ${first?.field ?? 'spec'}: ${first?.message ?? 'it makes no sense'}`);
}

function numberOf(
  args: Arguments,
  flag: string,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): number {
  const text = args.text(flag);
  const number = text === undefined ? fallback : Number(text);
  if (number > 0 && number <= max) return number;
  throw new UserError(`--${flag}: ${text} is not a number above 0 and up to ${max}`);
}

function shareOf(args: Arguments, flag: string, fallback: string): number {
  const text = args.text(flag) ?? fallback;
  const share = /^\d+(?:\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number.NaN;
  if (share >= 0 && share <= 1) return share;
  throw new UserError(`--${flag}: ${text} is not a percentage such as 0.5%`);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function shareText(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

function spreadText({ median, p95 }: Spread): string {
  return `${secondsText(median)} (95 of 100 within ${secondsText(p95)})`;
}

function secondsText(seconds: number): string {
  return seconds < 600 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
