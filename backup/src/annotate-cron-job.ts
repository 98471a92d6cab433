// Writes the last verified set where people look: an annotation of the backup's CronJob, patched with the
// drill's own account, which may patch that one object and nothing else.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

import { ConfigError } from './settings.ts';

export const annotationName = 'slipway.dev/last-verified-backup';

export interface CronJobPlace {
  readonly name: string;
  /** Where the pod finds its token, the namespace and the server's certificate. */
  readonly accountDir: string;
  readonly host: string;
  readonly port: number;
}

export interface LastVerified {
  readonly id: string;
  readonly verifiedAt: string;
  readonly recoveryPoint: string;
  readonly restoreSeconds: number;
}

const timeoutMs = 10_000;
const attempts = 3;

/** Undefined without BACKUP_ANNOTATE_CRONJOB. Throws ConfigError. */
export function cronJobPlace(env: NodeJS.ProcessEnv): CronJobPlace | undefined {
  const name = env['BACKUP_ANNOTATE_CRONJOB'];
  if (!name) return undefined;
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (!host)
    throw new ConfigError('BACKUP_ANNOTATE_CRONJOB: this is no pod of a cluster. Leave it out');
  return {
    name,
    host,
    port: Number(env['KUBERNETES_SERVICE_PORT_HTTPS'] ?? 443),
    accountDir: env['BACKUP_ACCOUNT_DIR'] || '/var/run/secrets/kubernetes.io/serviceaccount',
  };
}

/** Throws when the API server does not take it after some attempts. */
export async function annotateCronJob(place: CronJobPlace, verified: LastVerified): Promise<void> {
  const patch = { metadata: { annotations: { [annotationName]: JSON.stringify(verified) } } };
  let failure: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      return await send(place, JSON.stringify(patch));
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`the annotation of CronJob ${place.name} could not be written: ${String(failure)}`);
}

function send({ name, accountDir, host, port }: CronJobPlace, body: string): Promise<void> {
  const read = (file: string): string => readFileSync(join(accountDir, file), 'utf8').trim();
  const headers = {
    authorization: `Bearer ${read('token')}`,
    'content-type': 'application/merge-patch+json',
    'content-length': Buffer.byteLength(body),
  };
  const path = `/apis/batch/v1/namespaces/${read('namespace')}/cronjobs/${encodeURIComponent(name)}?fieldManager=slipway-backup`;
  const options = { method: 'PATCH', host, port, path, headers, ca: read('ca.crt'), timeout: timeoutMs };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`the API server answered ${response.statusCode}`));
      });
    });
    sent.once('timeout', () => sent.destroy(new Error('the API server did not answer')));
    sent.once('error', reject);
    sent.end(body);
  });
}
