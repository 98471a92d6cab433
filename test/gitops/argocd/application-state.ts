// An Application as Argo CD reports it, and waiting for what it should become.
import { list, record } from '../../../operator/src/lib/json.ts';
import { waitFor } from '../../cluster/src/process/wait.ts';
import { NAMESPACE, type ArgoCd } from './argo-cd.ts';

export interface Seen {
  readonly health: string | undefined;
  readonly sync: string | undefined;
  readonly revision: string | undefined;
  /** Health and message of the AppRelease, as Argo CD shows it. */
  readonly release: Readonly<Record<string, unknown>>;
  readonly operation: string | undefined;
  readonly syncs: number;
}

/** The Application as it is now. */
export async function look(argo: ArgoCd, application: string): Promise<Seen> {
  const text = await argo.kubectl(['-n', NAMESPACE, 'get', 'application', application, '-o', 'json']);
  const status = record(record(JSON.parse(text))['status']);
  const resource = list(status['resources']).map(record).find((one) => one['kind'] === 'AppRelease');
  const word = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    health: word(record(status['health'])['status']),
    sync: word(record(status['sync'])['status']),
    revision: word(record(status['sync'])['revision']),
    release: record(resource?.['health']),
    operation: word(record(status['operationState'])['phase']),
    syncs: list(status['history']).length,
  };
}

/** As a webhook of the forge would. */
export async function tell(argo: ArgoCd, application: string): Promise<void> {
  const patch = JSON.stringify({ metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } });
  await argo.kubectl(['-n', NAMESPACE, 'patch', 'application', application, '--type=merge', '-p', patch]);
}

export interface Wanted {
  readonly what: string;
  readonly application: string;
  check(seen: Seen): boolean;
}

/** Waits until the Application is as wanted. */
export async function until(argo: ArgoCd, { application, check, what }: Wanted): Promise<Seen> {
  return waitFor({
    what,
    deadlineMs: 90_000,
    everyMs: 100,
    check: async () => {
      const seen = await look(argo, application);
      return check(seen) ? seen : undefined;
    },
    diagnose: argo.diagnose,
  });
}
