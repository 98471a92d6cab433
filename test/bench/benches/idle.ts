// What releases at rest cost: requests, memory, processor time.
import { setTimeout as delay } from 'node:timers/promises';

import type { Figure } from '../figure.ts';
import { sortCalls, tally } from '../lab/audit-log.ts';
import type { Site } from '../lab/lab.ts';
import { OPERATOR_AGENT, type OperatorProcess } from '../lab/operator-process.ts';
import { short } from '../statistics.ts';

/** Late Events and the collection of garbage belong to what came before. */
const CALM_MS = 15_000;

export type IdleOptions = {
  readonly site: Site;
  readonly operator: OperatorProcess;
  readonly releases: number;
  readonly windowMs: number;
};

export const idle = async ({
  site,
  operator,
  releases,
  windowMs,
}: IdleOptions): Promise<readonly Figure[]> => {
  await delay(Math.min(CALM_MS, windowMs));
  const { audit } = site.lab;
  const mark = audit.mark();
  const before = operator.usage();
  await delay(windowMs);
  const after = operator.usage();
  const { events, reads, writes } = sortCalls(audit.since(mark, OPERATOR_AGENT));
  const requests = [...writes, ...events, ...reads];
  const seconds = windowMs / 1000;
  return [
    {
      what: `${releases} idle: requests in ${seconds} s`,
      value: requests.length,
      unit: 'requests',
      budget: { kind: 'count', most: 0 },
      peers: 'Argo Rollouts 0, Flagger 6,800 a minute',
      note: tally(requests),
    },
    {
      what: `${releases} idle: resident memory`,
      value: after.residentMebibytes,
      unit: 'MiB',
      budget: { kind: 'size', mostMebibytes: 100 },
      peers: 'Argo Rollouts 133-143 at 1,000',
    },
    {
      what: `${releases} idle: processor time`,
      unit: 's/min',
      value: ((after.cpuSeconds - before.cpuSeconds) * 60) / seconds,
      peers: 'Argo Rollouts 0.04, Flagger 5.7',
      note: `${short(after.cpuSeconds)} s since its start`,
    },
  ];
};
