// What several files of tests do and ask in the same words.
import type { Condition } from '../../../operator/src/api/app-release-status.ts';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { DEPLOYMENT } from '../../../operator/src/controller/resources.ts';
import { appRelease, canary, deployment, type Version } from './builders.ts';
import type { Lab, OperatorParts, RunningOperator } from './lab.ts';

type Steps = NonNullable<NonNullable<AppReleaseSpecInput['strategy']['canary']>['steps']>;

export interface ServingParts {
  readonly steps?: Steps;
  readonly replicas?: number;
  readonly version?: Version;
  readonly spec?: Partial<AppReleaseSpecInput>;
  readonly operator?: OperatorParts;
}

/** A Deployment, an AppRelease and an operator, with the first version serving. */
export async function serving(lab: Lab, parts: ServingParts = {}): Promise<RunningOperator> {
  const {
    steps = [{ weight: 50 }, { pause: {} }],
    replicas = 2,
    version = { tag: '1' },
    spec = {},
  } = parts;
  await lab.apply(deployment(version, 0));
  await lab.apply(appRelease(canary(steps, { replicas, ...spec })));
  const operator = await lab.startOperator(parts.operator);
  await lab.eventually('the first version to serve', isHealthy(lab, version.tag));
  return operator;
}

/** Git asks for another version. */
export async function ask(lab: Lab, version: Version): Promise<void> {
  await lab.apply(deployment(version, 0));
}

/** That version serves everything, and the operator says so. */
export function isHealthy(lab: Lab, tag: string): () => boolean {
  return () => {
    const { phase, stable } = lab.status();
    return phase === 'Healthy' && stable?.images?.[0] === `localhost/web:${tag}`;
  };
}

/** The release was taken back: nothing but stable's pods is left. */
export function isRolledBack(lab: Lab, tag: string): () => boolean {
  return () => {
    const { phase, stage } = lab.status();
    const others = lab.world.pods().filter((pod) => pod.image !== tag);
    return phase === 'RolledBack' && stage === 'RolledBack' && others.length === 0;
  };
}

export function isPausedAt(lab: Lab, weight: number): () => boolean {
  return () => lab.status().phase === 'Paused' && lab.status().weight?.observed === weight;
}

export function condition(lab: Lab, type: string, name?: string): Condition | undefined {
  return lab.status(name).conditions?.find((one) => one.type === type);
}

export const readyReason = (lab: Lab, name?: string): string | undefined =>
  condition(lab, 'Ready', name)?.reason;

/** Uids of the pods of one version, sorted. */
export function uidsOf(lab: Lab, tag: string): string[] {
  return lab.world
    .pods()
    .filter((pod) => pod.image === tag && !pod.isTerminating)
    .map((pod) => pod.uid)
    .toSorted();
}

export function templateGeneration(lab: Lab): number {
  return lab.world.get(DEPLOYMENT, 'web')?.metadata.generation ?? 0;
}
