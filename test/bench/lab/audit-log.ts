// The audit log of the API server as a list of finished requests. Watches are logged when they end,
// so a request that counts here is one somebody had to answer.
import { closeSync, openSync, readSync, statSync } from 'node:fs';

import { number, record, text } from '../../../operator/src/lib/json.ts';

export type AuditedRequest = {
  readonly userAgent: string;
  /** As the audit log has it: get, list, watch, create, update, patch, delete ... */
  readonly verb: string;
  /** `replicasets`, or `appreleases/status` for a subresource. */
  readonly resource: string;
  readonly name: string;
  readonly status: number;
};

export type AuditLog = {
  /** The present end of the log. */
  mark(): number;
  /** Requests of user agents that begin with `agent`, answered since the mark. */
  since(mark: number, agent: string): readonly AuditedRequest[];
};

export const openAuditLog = (path: string): AuditLog => ({
  mark: () => statSync(path).size,
  since: (mark, agent) =>
    readFrom(path, mark)
      .split('\n')
      // Parsing costs more than looking, and most lines are of others.
      .filter((line) => line.includes(`"userAgent":"${agent}`))
      .map(requestOf)
      .filter((request) => request.userAgent.startsWith(agent)),
});

const CHUNK_BYTES = 4 * 1024 * 1024;

const readFrom = (path: string, offset: number): string => {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let at = offset; ; ) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const size = readSync(file, chunk, 0, CHUNK_BYTES, at);
      if (size === 0) return Buffer.concat(parts).toString('utf8');
      parts.push(chunk.subarray(0, size));
      at += size;
    }
  } finally {
    closeSync(file);
  }
};

const requestOf = (line: string): AuditedRequest => {
  const { userAgent, verb, objectRef, responseStatus } = record(JSON.parse(line));
  const { resource, subresource, name } = record(objectRef);
  const sub = text(subresource);
  return {
    userAgent: text(userAgent) ?? '',
    verb: text(verb) ?? '',
    resource: `${text(resource) ?? ''}${sub === undefined ? '' : `/${sub}`}`,
    name: text(name) ?? '',
    status: number(record(responseStatus)['code']) ?? 0,
  };
};

export type Calls = {
  readonly writes: readonly AuditedRequest[];
  readonly events: readonly AuditedRequest[];
  readonly reads: readonly AuditedRequest[];
};

/** Lease renewals and watches are the price of running at all, and left out. */
export const sortCalls = (requests: readonly AuditedRequest[]): Calls => {
  const counted = requests.filter(({ resource, verb }) => resource !== 'leases' && verb !== 'watch');
  const isRead = ({ verb }: AuditedRequest): boolean => verb === 'get' || verb === 'list';
  return {
    reads: counted.filter(isRead),
    events: counted.filter((request) => !isRead(request) && request.resource === 'events'),
    writes: counted.filter((request) => !isRead(request) && request.resource !== 'events'),
  };
};

/** "11 patch appreleases/status, 8 patch replicasets", the most frequent first. */
export const tally = (requests: readonly AuditedRequest[]): string => {
  const counts = new Map<string, number>();
  for (const { verb, resource, status } of requests) {
    const what = `${verb} ${resource}${status >= 400 ? ` refused ${status}` : ''}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([what, count]) => `${count} ${what}`).join(', ');
};
