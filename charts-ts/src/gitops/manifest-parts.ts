// Reads parts of rendered objects whose shape nobody has checked.
import type { Manifest } from '../manifest.ts';

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The API group; '' of the core. */
export function groupOf({ apiVersion }: Pick<Manifest, 'apiVersion'>): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

export function isOf(object: Manifest, group: string, kind: string): boolean {
  return object.kind === kind && groupOf(object) === group;
}

/** Images of a workload in the order in which the operator tells them: init containers first. */
export function podImages(workload: Manifest): readonly string[] {
  const pod = recordOf(recordOf(recordOf(workload['spec'])['template'])['spec']);
  return [...listOf(pod['initContainers']), ...listOf(pod['containers'])]
    .map((container) => recordOf(container)['image'])
    .filter((image) => typeof image === 'string');
}
