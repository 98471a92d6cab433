// Requests of one lab's operator to the API server, by the server's own audit log.
import { readFileSync } from 'node:fs';
import type { Lab } from './lab.ts';

/** Each as `verb path`, oldest first. */
export function requestsOf(lab: Lab): string[] {
  return readFileSync(lab.tier.auditLogPath ?? '', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`slipway-test-${lab.namespace}`))
    .map((line) => {
      const { verb, requestURI } = JSON.parse(line) as { verb: string; requestURI: string };
      return `${verb} ${requestURI.split('?')[0]}`;
    });
}

/** Those that change something, without the Lease and events, which have limits of their own. */
export const writesOf = (lab: Lab): string[] =>
  requestsOf(lab).filter(
    (request) => /^(?:create|update|patch|delete)/.test(request) && !/\/(?:leases|events)\b/.test(request),
  );

/** Of one user: `verb group/resource/subresource`, as a Role would grant it; the core group is ''. */
export function rightsUsed(lab: Lab, user: string): ReadonlySet<string> {
  const used = readFileSync(lab.tier.auditLogPath ?? '', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"${user}"`))
    .map((line) => JSON.parse(line) as AuditEvent)
    .flatMap(({ objectRef: { apiGroup = '', resource, subresource } = {}, verb }) =>
      resource ? [`${verb} ${[apiGroup, resource, subresource].filter((part) => part !== undefined).join('/')}`] : [],
    );
  return new Set(used);
}

interface AuditEvent {
  readonly verb: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
  };
}
