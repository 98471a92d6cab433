// What is left of a specification that cannot be read whole: enough to give the pods back, so that a
// misspelt check never costs a workload its pods.
import { type Parsed, parseSpec } from '../../api/parse.ts';
import type { AppReleaseSpec } from '../../api/app-release.ts';
import { type JsonObject, record, text } from '../../lib/json.ts';

/** Name of the Deployment that is referred to, also where the rest makes no sense. */
export function workloadName(spec: JsonObject): string | undefined {
  return text(record(spec['workloadRef'])['name']);
}

/** The part of an invalid specification that hand-back needs, or undefined when not even that is there. */
export function specForHandBack(spec: JsonObject): Parsed<AppReleaseSpec> | undefined {
  const { workloadRef, template, replicas, deletionPolicy, minReadySeconds, traffic, config } = spec;
  const name = workloadName(spec);
  const workload = name === undefined ? { template } : { workloadRef };
  const kept = { ...workload, replicas, deletionPolicy, strategy: { canary: {} } };
  // From nearly all of it to what must be there: the first that can be read.
  const tries = [
    spec,
    { ...kept, minReadySeconds, traffic, config },
    { ...kept, traffic },
    kept,
    { ...workload, deletionPolicy, strategy: { canary: {} } },
    { ...workload, strategy: { canary: {} } },
  ];
  return tries.map((one) => parseSpec(one)).find((parsed) => parsed.kind === 'valid');
}
