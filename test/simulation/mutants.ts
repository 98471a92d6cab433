// Bugs put into copies of the core, one each: what the suite has to find. A bug is a text in a file of
// operator/src/rollout and what stands there instead.
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Core } from './core.ts';

export interface Mutant {
  /** A seed that gives the bug away, to look at first. */
  readonly witness: number;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'the weight does not wait for ready pods': { witness: 7,
    file: 'weighted-route.ts',
    from: 'const isStaffed = weight === 0 || isStaffedFor(context, traffic, goal.candidate);',
    to: 'const isStaffed = true;',
  },
  'the weight does not wait for endpoints of the canary Service': { witness: 14,
    file: 'weighted-route.ts', from: 'endpointsAre(canary.readyPods, candidate, pods)', to: 'true',
  },
  'a step passes before its weight is reached': { witness: 19,
    file: 'canary.ts', from: 'if (!exposure.isReached && !(exposure.isExceeded && isHolding(plan))) {', to: 'if (false) {',
  },
  'a pause passes by itself': { witness: 13,
    file: 'canary.ts', from: "if (plan.seconds === undefined) return { kind: 'waiting', reason: 'PauseStep', isHeld: true };", to: "if (plan.seconds === undefined) return { kind: 'passed' };",
  },
  'a timed pause is too short': { witness: 19,
    file: 'canary.ts', from: 'const end = after(step.startedAt, plan.seconds * 1000);', to: 'const end = after(step.startedAt, plan.seconds * 500);',
  },
  'a verdict against the candidate is not heard': { witness: 31,
    file: 'canary.ts', from: "if (evidence.kind !== 'judged' || evidence.verdict !== 'rollback') return undefined;", to: 'return undefined;',
  },
  'a verify step does not count requests': { witness: 99,
    file: 'canary.ts', from: 'isShown && counted >= requests', to: 'true',
  },
  'a paused release goes on': { witness: 49,
    file: 'canary.ts', from: "if (spec.paused) return 'PausedBySpec';", to: '',
  },
  'the progress deadline is never over': { witness: 6,
    file: 'progress.ts', from: 'now < deadline', to: 'true',
  },
  'a grace never ends': { witness: 7, file: 'grace.ts', from: 'if (now >= end)', to: 'if (false)' },
  'stable gives up pods before the candidate has them': { witness: 13,
    file: 'replicas.ts', from: 'floor - counts.candidateAvailable', to: '0',
  },
  'the candidate gives up pods that stable lacks': { witness: 5946,
    file: 'replicas.ts', from: 'floor - counts.stableAvailable', to: '0',
  },
  'both sides together exceed the surge': { witness: 6,
    file: 'replicas.ts', from: 'const room = Math.max(0, ceiling - Math.max(stable, counts.stableDesired));', to: 'const room = ceiling;',
  },
  'a refused version is tried again and again': { witness: 6,
    file: 'idle.ts', from: 'if (wantedSet && isRefused(wantedSet)) return keepRefused(context, wantedSet);', to: '',
  },
  'the last turn does not wait for the endpoints of the stable Service': { witness: 12,
    file: 'promotion.ts', from: 'if (!isEndpointsRight && (traffic.route.weight ?? 0) > 0) {', to: 'if (false) {',
  },
  'the stable Service is switched without waiting for weight 100': { witness: 14,
    file: 'promotion.ts', from: 'if (!exposure.isReached || !candidate) {', to: 'if (!candidate) {',
  },
  'a failure leaves no mark on the set': { witness: 31,
    file: 'rollback.ts', from: 'const mark = { outcome: cause.outcome, reason: cause.reason };', to: "const mark = { outcome: 'superseded' as const, reason: cause.reason };",
  },
  'stable is not scaled up on the way back': { witness: 116,
    file: 'pod-share.ts', from: '...resize(stable, Math.min(bounds.replicas, Math.max(stable?.desired ?? 0, ceiling))),', to: '',
  },
  'the candidate goes before stable answers': { witness: 116,
    file: 'replicas.ts', from: 'return Math.max(0, Math.min(candidateReady, floor - stableAvailable));', to: 'return 0;',
  },
  'strays are left alone': { witness: 80,
    file: 'strays.ts', from: 'kept >= set.desired', to: 'kept >= 0',
  },
  'an action is applied twice': { witness: 116,
    file: 'actions.ts', from: 'const known = from.state.finished.find(({ uid }) => uid === action.uid);', to: 'const known = undefined as FinishedAction | undefined;',
  },
  'a pod that is Ready long enough wakes nobody': { witness: 72,
    file: 'decide.ts', from: 'return earliest(sets.map((set) => nextAvailableAt(set, minReadySeconds, now)));', to: 'return sets.length < 0 ? nextAvailableAt(sets[0] as never, minReadySeconds, now) : undefined;',
  },
  'the settle time wakes nobody': { witness: 12,
    file: 'weighted-route.ts', from: "...optional('wakeAt', settled.wakeAt),\n    waitingFor", to: 'waitingFor',
  },
};

const CORE = resolve(import.meta.dirname, '../../operator/src/rollout');

/** The core with that bug in it, from a copy that is gone once it is loaded. */
export async function mutated({ file, from, to }: Mutant): Promise<Core> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-mutant-'));
  try {
    cpSync(CORE, folder, { recursive: true, filter: (path) => !path.endsWith('.test.ts') && !path.endsWith('testing') });
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.ts'))) {
      const path = join(folder, name);
      const text = readFileSync(path, 'utf8');
      if (name === file && text.split(from).length !== 2) throw new Error(`${file} does not hold once: ${from}`);
      const changed = name === file ? text.replace(from, () => to) : text;
      writeFileSync(path, changed.replaceAll("from '../", `from '${resolve(CORE, '..')}/`));
    }
    const load = (name: string) => import(pathToFileURL(join(folder, name)).href) as Promise<Core>;
    const parts = await Promise.all(['decide.ts', 'invariants.ts', 'state-codec.ts', 'status.ts'].map(load));
    const all = Object.assign({}, ...parts) as Core;
    const { decide, checkEffects, stateOf, statusOf } = all;
    return { decide, checkEffects, stateOf, statusOf };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
