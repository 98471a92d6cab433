// Short stories without chance: a world at rest, one thing that somebody does, and the rest it comes
// to. Tests tell them again with a crash, a lost answer or a wiped status at every single write.
import { seededRandom } from '../../operator/src/lib/seeded-random.ts';
import type { AppReleaseSpec } from '../../operator/src/api/app-release.ts';
import { after } from '../../operator/src/lib/instant.ts';
import { act, deleteRelease, scaleTo, wantVersion } from './actors/people.ts';
import { commit, moveTo } from './cluster.ts';
import { type Core, REAL_CORE } from './core.ts';
import { type PlannedTrouble, comeToRest, startRun } from './run.ts';
import { drawScenario, specOf, withDeployment } from './scenario.ts';
import type { Behaviour, World } from './world.ts';

export interface Story {
  readonly spec: AppReleaseSpec;
  readonly behaviours: readonly Behaviour[];
  /** Runs under a Deployment that is taken over in the prologue (or in the story itself). */
  readonly deployment?: 'adopted' | 'live';
  readonly replicas?: number;
  readonly deed: (world: World) => World;
  readonly ending: string;
}

const GOOD: readonly Behaviour[] = [{ kind: 'good' }, { kind: 'good' }];
const then = (behaviour: Behaviour): readonly Behaviour[] => [{ kind: 'good' }, behaviour];
const newVersion = (world: World): World => wantVersion(world, 1);

const STEPS = [
  { weight: 20 },
  { verify: { seconds: 4, requests: 20, deadlineSeconds: 60 } },
  { weight: 50 },
  { pause: { seconds: 5 } },
];

function specWith(over: object = {}, canary: object = {}): AppReleaseSpec {
  return specOf({
    template: {},
    progressDeadlineSeconds: 20,
    startGraceSeconds: 5,
    strategy: { canary: { maxSurge: 1, steps: STEPS, ...canary } },
    checks: { scrape: {}, errorRate: {} },
    ...over,
  });
}

const ROUTED = { traffic: { service: 'shop', gateway: { route: { rules: [] } } } };
const ADOPTED = { template: undefined, workloadRef: { name: 'dep' } };

export const STORIES: Readonly<Record<string, Story>> = {
  'a first version': {
    spec: specWith(),
    behaviours: GOOD,
    deed: (world) => world,
    ending: 'Healthy UpToDate',
  },
  'a good version by share of pods': {
    spec: specWith(),
    behaviours: GOOD,
    deed: newVersion,
    ending: 'Healthy UpToDate',
  },
  'a good version by weights': {
    spec: specWith(ROUTED),
    behaviours: GOOD,
    deed: newVersion,
    ending: 'Healthy UpToDate',
  },
  'a bad version by weights': {
    spec: specWith(ROUTED),
    behaviours: then({ kind: 'bad' }),
    deed: newVersion,
    ending: 'RolledBack ChecksFailed',
  },
  'a bad version by share of pods': {
    spec: specWith(),
    behaviours: then({ kind: 'bad' }),
    deed: newVersion,
    ending: 'RolledBack ChecksFailed',
  },
  'a version that never gets ready': {
    spec: specWith(),
    behaviours: then({ kind: 'neverReady' }),
    deed: newVersion,
    ending: 'RolledBack ProgressDeadlineExceeded',
  },
  'an image that does not exist': {
    spec: specWith(ROUTED),
    behaviours: then({ kind: 'imageMissing' }),
    deed: newVersion,
    ending: 'RolledBack ImageUnavailable',
  },
  'an autoscaler at rest': {
    spec: specWith(ROUTED),
    behaviours: GOOD,
    deed: (world) => scaleTo(world, 8),
    ending: 'Healthy UpToDate',
  },
  'a live Deployment is taken over': {
    spec: specWith({ ...ROUTED, ...ADOPTED }),
    behaviours: GOOD,
    deployment: 'live',
    deed: (world) => world,
    ending: 'Healthy UpToDate',
  },
  'handing back': {
    spec: specWith({ ...ROUTED, ...ADOPTED }),
    behaviours: GOOD,
    deployment: 'adopted',
    deed: deleteRelease,
    ending: 'gone',
  },
};

export interface Telling {
  readonly core?: Core;
  readonly planned?: readonly PlannedTrouble[];
  /** Changes the world when this many writes of the story are done. */
  readonly interrupt?: { readonly write: number; readonly deed: (world: World) => World };
  readonly trace?: (line: string) => void;
}

export interface Told {
  readonly ending: string;
  readonly writes: number;
  readonly world: World;
}

/** Tells a story to its end; throws where a promise is broken on the way. */
export function tell(
  story: Story,
  { core = REAL_CORE, planned, interrupt, trace }: Telling = {},
): Told {
  const run = startRun(stage(story), seededRandom(1), { core, ...(trace ? { trace } : {}) });
  const isPrologueNeeded =
    story.deployment !== 'live' && story.deed(run.cluster.world) !== run.cluster.world;
  if (isPrologueNeeded) comeToRest(run, { isAttended: false });
  // A minute of calm, so that nothing of the prologue is under way any more.
  moveTo(run.cluster, after(run.cluster.world.now, 60_000));
  run.writes = 0;
  if (planned) run.planned = planned;
  commit(run.cluster, story.deed(run.cluster.world));
  if (interrupt) run.interrupt = interrupt;
  const ending = comeToRest(run, { isAttended: false });
  return { ending, writes: run.writes, world: run.cluster.world };
}

/** The world in which a story begins. */
export function stage({ behaviours, deployment, replicas = 5, spec }: Story) {
  const scenario = drawScenario(seededRandom(1));
  const bare: World = {
    ...scenario.world,
    versions: behaviours.map((behaviour, id) => ({ id, behaviour })),
    release: {
      resourceVersion: 1,
      generation: 1,
      spec,
      version: 0,
      status: {},
      hasFinalizer: false,
      isDeleted: false,
      replicas,
    },
    deployment: undefined,
    sets: [],
    pods: [],
    route: undefined,
  };
  const world = deployment ? withDeployment(bare, { replicas, isRunning: true }) : bare;
  return { ...scenario, world };
}

/** What two tellings of one story must agree on. */
export function essence({ ending, world }: Told): object {
  const { canary, release, route, stable } = world;
  return {
    ending,
    sets: world.sets
      .map(({ desired, outcome, owner, version }) => ({ version, owner, desired, outcome }))
      .toSorted((a, b) => a.version - b.version || a.owner.localeCompare(b.owner)),
    weight: route?.weight,
    stable: stable?.hash,
    canary: canary?.hash,
    history: release?.status.history?.map(({ outcome, reason, revision }) => ({
      outcome,
      reason,
      revision,
    })),
  };
}

/** Somebody asks for something while the story goes on. */
export function ask(action: Parameters<typeof act>[1]): (world: World) => World {
  return (world) => {
    const revision = world.release?.status.candidate?.revision;
    return revision === undefined ? world : act(world, action, { revision });
  };
}
