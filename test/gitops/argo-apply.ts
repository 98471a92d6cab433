// What Argo CD 3.5 applies of an object of git with RespectIgnoreDifferences=true: after its
// controller/sync.go, normalizeTargetResources, for kinds that are merged as plain JSON (custom
// resources such as HTTPRoute, and fields that are no lists). `npm run test:gitops` asks Argo CD itself.
import type { IgnoredFields } from '../../charts-ts/src/gitops/ignored-fields.ts';
import type { RawObject } from '../../operator/src/kube/resource.ts';
import { record, type JsonObject } from '../../operator/src/lib/json.ts';
import type { ScriptRunner } from './argo-scripts.ts';

export interface Compared {
  /** As git has it. */
  readonly target: RawObject;
  readonly live: RawObject;
}

/** The object to apply: git's, with the live values of what is ignored. */
export async function respecting(
  ignored: readonly IgnoredFields[],
  { live, target }: Compared,
  scripts: ScriptRunner,
): Promise<RawObject> {
  let [bareLive, bareTarget] = [live, target].map(withoutStatus);
  for (const entry of ignored.filter((one) => matches(one, target))) {
    for (const path of (entry.jsonPointers ?? []).map((pointer) => pointer.split('/').slice(1))) {
      [bareLive, bareTarget] = [bareLive, bareTarget].map((object) => without(record(object), path));
    }
    for (const jq of (entry.jqPathExpressions ?? []).map((expression) => `del(${expression})`)) {
      const answers = await Promise.all([bareLive, bareTarget].map((object) => scripts.run({ jq, object })));
      [bareLive, bareTarget] = answers.map(({ error, result }) => {
        if (error !== undefined) throw new Error(`${jq}: ${error}`);
        return result as RawObject;
      });
    }
  }
  const was = { target: withoutStatus(target), live: withoutStatus(live) };
  return merged({ was, bare: { live: record(bareLive), target: record(bareTarget) } }) as RawObject;
}

function matches(entry: IgnoredFields, { apiVersion = '', kind, metadata }: RawObject): boolean {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return (
    entry.group === group &&
    entry.kind === kind &&
    (entry.name ?? metadata.name) === metadata.name &&
    (entry.namespace ?? metadata.namespace) === metadata.namespace
  );
}

function withoutStatus({ status: _status, ...object }: JsonObject): JsonObject {
  return object;
}

interface Sides {
  readonly was: { readonly target: JsonObject; readonly live: JsonObject };
  readonly bare: { readonly target: JsonObject; readonly live: JsonObject };
}

/*
   Field by field. What was ignored in git's object takes the live value, whole where it is no map: of
   a list with something ignored in it everything comes from the live object. What was not ignored
   in git's object stays as git has it.
*/
function merged({ was, bare }: Sides): JsonObject {
  const names = new Set([...Object.keys(was.target), ...Object.keys(was.live)]);
  const fields = [...names].flatMap((name): [string, unknown][] => {
    const [target, live] = [was.target[name], was.live[name]];
    const [bareTarget, bareLive] = [bare.target[name], bare.live[name]];
    const isIgnoredInGit = !isSame(target, bareTarget);
    const isIgnoredLive = !isSame(live, bareLive);
    if (!isIgnoredInGit && !isIgnoredLive) return target === undefined ? [] : [[name, target]];
    if (isMap(target) && isMap(live)) {
      const sides = { was: { target, live }, bare: { target: record(bareTarget), live: record(bareLive) } };
      return [[name, merged(sides)]];
    }
    if (!isIgnoredInGit && target !== undefined) return [[name, target]];
    return live === undefined ? [] : [[name, live]];
  });
  return Object.fromEntries(fields);
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const isMap = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function without(object: JsonObject, [name = '', ...rest]: readonly string[]): JsonObject {
  if (!(name in object)) return object;
  if (rest.length > 0) return { ...object, [name]: without(record(object[name]), rest) };
  const { [name]: _gone, ...left } = object;
  return left;
}
