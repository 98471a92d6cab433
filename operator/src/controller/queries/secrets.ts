// Reads one key of a Secret that a query refers to. Kept for a short while, so that a check every
// few seconds is no load on the API server, and a rotated token is in use soon.
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../lib/clock.ts';
import { record, text } from '../../lib/json.ts';
import { err, ok, type Result } from '../../lib/result.ts';
import { SECRET } from '../resources.ts';

export interface SecretKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** The value, or a sentence about what is missing and where. */
export type ReadSecret = (of: SecretKey) => Promise<Result<string, string>>;

const KEPT_MS = 30_000;
const KEPT_MAX = 1000;

type Data = Result<Readonly<Record<string, unknown>>, string>;

export function createSecretReader(client: Pick<KubeClient, 'get'>, clock: Clock): ReadSecret {
  const kept = new Map<string, { readonly data: Promise<Data>; readonly atMs: number }>();

  function dataOf({ name, namespace }: SecretKey): Promise<Data> {
    const place = `${namespace}/${name}`;
    const now = clock.monotonic();
    const known = kept.get(place);
    if (known && now - known.atMs < KEPT_MS) return known.data;
    if (kept.size >= KEPT_MAX) kept.clear();
    const data = readData(client, { name, namespace });
    kept.set(place, { data, atMs: now });
    return data;
  }

  return async (of) => {
    const data = await dataOf(of);
    if (data.kind === 'error') return data;
    const value = text(data.value[of.key]);
    return value === undefined
      ? err(`the Secret ${of.name} has no key ${of.key}`)
      : ok(Buffer.from(value, 'base64').toString('utf8'));
  };
}

async function readData(
  client: Pick<KubeClient, 'get'>,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<Data> {
  try {
    const secret = await client.get({ type: SECRET, namespace, name });
    return ok(record(secret['data']));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    switch (error.code) {
      case 'notFound':
        return err(`there is no Secret ${name} in this namespace`);
      case 'forbidden':
        return err(`the operator may not read the Secret ${name}: grant its account get on it`);
      default:
        return err(`the Secret ${name} could not be read (${error.code})`);
    }
  }
}
