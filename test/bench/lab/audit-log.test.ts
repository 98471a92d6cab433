import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openAuditLog, sortCalls, tally } from './audit-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'audit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const line = (verb: string, what: string, userAgent = 'slipway-operator/1'): string => {
  const [resource, subresource] = what.split('/');
  const objectRef = { resource, name: 'app', ...(subresource ? { subresource } : {}) };
  return `${JSON.stringify({ userAgent, verb, objectRef, responseStatus: { code: 200 } })}\n`;
};

describe('the audit log', () => {
  it('gives what one agent asked since a mark', () => {
    const path = join(folder, 'since');
    writeFileSync(path, line('patch', 'services'));
    const log = openAuditLog(path);
    const mark = log.mark();
    appendFileSync(path, line('patch', 'pods', 'somebody/1'));
    appendFileSync(path, line('patch', 'appreleases/status'));
    expect(log.since(mark, 'slipway-operator/')).toEqual([
      { userAgent: 'slipway-operator/1', verb: 'patch', resource: 'appreleases/status', name: 'app', status: 200 },
    ]);
  });

  it('leaves out renewals of the Lease and watches that ended', () => {
    const path = join(folder, 'sorted');
    const requests = [
      line('patch', 'leases'), line('watch', 'pods'), line('list', 'pods'), line('create', 'events'),
      line('patch', 'replicasets'), line('patch', 'replicasets'), line('create', 'replicasets'),
    ];
    writeFileSync(path, requests.join(''));
    const { writes, events, reads } = sortCalls(openAuditLog(path).since(0, 'slipway-operator/'));
    expect(tally(writes)).toBe('2 patch replicasets, 1 create replicasets');
    expect([tally(events), tally(reads)]).toEqual(['1 create events', '1 list pods']);
  });
});
