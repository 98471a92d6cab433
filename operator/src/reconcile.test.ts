import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseStatus } from './api/parse.ts';
import { renderExplain } from './cli/render-explain.ts';
import { plainStyle } from './cli/style.ts';
import { createJournal } from './controller/journal.ts';
import type { Materials } from './controller/observe/materials.ts';
import type { Observed } from './controller/observe/observe.ts';
import type { KubeClient } from './kube/client.ts';
import { instant } from './lib/instant.ts';
import { createManualClock } from './lib/manual-clock.ts';
import { createReconciler, type ReconcileOptions } from './reconcile.ts';
import type { Snapshot } from './rollout/snapshot.ts';
import { release, set } from './rollout/testing/builders.ts';

const KEY = 'a/shop';
const EPOCH = 7;
const ABSENT = (): never => {
  throw new Error('not needed here');
};

/** What stands in the cluster: bodies as last written, by name. */
let written: Map<string, unknown>;
let lost: number;
/** Reasons of the Events that were recorded, and what they say. */
let told: string[];
let notes: string[];
/** Messages of the journal's lines. */
let logged: string[];

const client: KubeClient = {
  get: ABSENT, list: ABSENT, create: ABSENT, jsonPatch: ABSENT, delete: ABSENT,
  async apply(type, object) {
    written.set(`${type.kind}/${object.metadata.name}`, object['status']);
    return object;
  },
  async mergePatch({ name, type }, body) {
    written.set(`${type.kind}/${name}`, body);
    return { metadata: {} };
  },
};

const MATERIALS: Materials = {
  release: {
    namespace: 'a', name: 'shop', uid: 'u', resourceVersion: '1', generation: 1, instance: 'slipway',
    createdAt: instant(0), isDeleted: false, finalizers: [], spec: {}, status: {},
  },
  spec: undefined, status: {}, selector: {}, traffic: { isOwnManaged: false }, sets: [],
  copies: [], unreadable: [],
};

interface Seen {
  readonly snapshot?: Snapshot;
  readonly materials?: Partial<Materials>;
  readonly problem?: { readonly reason: 'Forbidden'; readonly message: string };
  readonly isOurs?: boolean;
}

async function reconcile({ isOurs = true, materials, problem, snapshot }: Seen): Promise<void> {
  const observed: Observed = {
    kind: 'observed',
    snapshot: snapshot ?? release().replicas(1).stable(set().ready(1)).build(),
    materials: { ...MATERIALS, ...materials },
    ...(problem ? { problem } : {}),
  };
  const options: ReconcileOptions = {
    store: {} as ReconcileOptions['store'],
    observer: { observe: () => Promise.resolve(observed) },
    collector: {
      watch: ABSENT, stopWatching: () => undefined, stop: ABSENT,
      evidence: () => ({ kind: 'none' }), stateOf: () => undefined,
      dispersionOf: () => undefined,
    },
    queries: { watch: ABSENT, stopWatching: () => undefined, results: () => [], stop: ABSENT },
    journal: createJournal((_level, _what, keys) => void logged.push(String(keys?.['message']))),
    events: {
      record({ note, reason }) {
        told.push(reason);
        notes.push(note);
      },
      stop: () => Promise.resolve(),
      counts: ABSENT,
    },
    clientFor: () => client,
    clock: createManualClock(),
    log: () => undefined,
    epoch: () => EPOCH,
    confirmLead: () => Promise.resolve(isOurs),
    onNewerEpoch: () => {
      lost += 1;
    },
  };
  await createReconciler(options)(KEY);
}

beforeEach(() => {
  written = new Map();
  lost = 0;
  told = [];
  notes = [];
  logged = [];
});

describe('a status with a higher epoch than ours', () => {
  const materials = { status: { controllerEpoch: EPOCH + 1000 } };

  it('is written over while the Lease is ours', async () => {
    await reconcile({ materials });
    expect(lost).toBe(0);
    expect(written.get('AppRelease/shop')).toMatchObject({ controllerEpoch: EPOCH });
  });

  it('is left alone by whoever the Lease has left', async () => {
    await reconcile({ materials, isOurs: false });
    expect(lost).toBe(1);
    expect(written.size).toBe(0);
  });
});

describe('a status that was lost', () => {
  const trying = release().replicas(10).stable(set().ready(10)).candidate(set().ready(2));

  it('is announced with what the state was rebuilt from', async () => {
    await reconcile({ snapshot: trying.forgets().build() });
    expect(told).toContain('StateRebuilt');
  });

  it('is none where a release has not begun, or goes on', async () => {
    await reconcile({ snapshot: release().replicas(1).wants({ hash: 'new' }).build() });
    const status = { stage: 'Stepping' };
    await reconcile({ snapshot: trying.stepping(0).build(), materials: { status } });
    expect(told).not.toContain('StateRebuilt');
  });
});

describe('why a release is taken back', () => {
  const sentence =
    'canary 7 of 132 requests failed (5.3 %), stable 0 of 2,493 (0 %), difference 5.3 points ' +
    '(95 %: 2.6 to 10.5); evidence 266 of 100 (errors 532): rolled back; by pod: shop-1 7 of 132';

  it('is one sentence in status, Event, log and on the command line', async () => {
    const tried = release().replicas(10).stable(set().ready(10)).candidate(set().ready(2));
    const harmed = tried.stepping(0).judged({ verdict: 'rollback', sentence });
    const status = { stage: 'Stepping', phase: 'Progressing' as const };
    await reconcile({ snapshot: harmed.build(), materials: { status } });
    const stored = parseStatus(written.get('AppRelease/shop'));
    const explained = renderExplain(
      { namespace: 'a', name: 'shop', generation: 1, spec: { kind: 'invalid', violations: [] }, status: stored },
      plainStyle,
      instant(0),
    );
    const places = { status: stored.message, event: notes.at(-1), log: logged.at(-1), explain: explained[0] };
    for (const said of Object.values(places)) expect(said).toContain(sentence);
  });
});

describe('what the operator cannot read', () => {
  it('is told in the status', async () => {
    const problem = { reason: 'Forbidden' as const, message: 'no ConfigMaps for you' };
    await reconcile({ problem });
    expect(written.get('AppRelease/shop')).toMatchObject({ phase: 'Blocked', message: problem.message });
  });

  it('is answered where it is an action', async () => {
    await reconcile({ materials: { unreadable: [{ name: 'jump-1', why: 'spec.action: no such one' }] } });
    expect(written.get('ReleaseAction/jump-1')).toMatchObject({
      status: { phase: 'Rejected', message: 'it cannot be read: spec.action: no such one' },
    });
  });
});
