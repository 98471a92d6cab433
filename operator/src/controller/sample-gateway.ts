// One look at all proxies of a gateway: what each has counted of stable's Service and of the candidate's.
//
// Both Services turn with a release: at its end `<release>-stable` leads to the pods that were the
// candidate's. No verdict comes of that: the canary's Service has no request to compare any more.
import { canaryServiceName, stableServiceName } from '../api/labels.ts';
import type { AppReleaseSpec, ChecksSpec } from '../api/app-release.ts';
import type { PodSample } from '../analysis/sample.ts';
import { type GatewayReading, readGateway } from '../metrics/gateway/gateway-codec.ts';
import { GATEWAY_CODECS } from '../metrics/gateway/gateway-codecs.ts';
import type { EvidenceView, GatewayTrouble } from '../rollout/snapshot.ts';

export type GatewaySpec = NonNullable<ChecksSpec['gateway']>;

/** How proxies are found and read. Both throw with a sentence for people. */
export interface GatewayAccess {
  /** The addresses of all proxies behind a name. */
  resolve(host: string): Promise<readonly string[]>;
  /** The text of one proxy's metrics page. */
  fetch(proxy: { readonly address: string; readonly port: number; readonly path: string }): Promise<string>;
}

export interface GatewayLookAt {
  readonly gateway: GatewaySpec;
  readonly release: { readonly namespace: string; readonly name: string; readonly route: string };
  /** The proxies that the last look found. */
  readonly known: readonly string[];
}

export interface GatewayLook {
  readonly samples: readonly PodSample[];
  readonly proxies: readonly string[];
  /** What is wrong with the source; undefined when it counts. */
  readonly trouble?: GatewayTrouble;
}

/** More proxies than these are not read: the first in the order of their addresses are. */
const PROXIES_MAX = 16;

export async function sampleGateway(access: GatewayAccess, at: GatewayLookAt): Promise<GatewayLook> {
  const { host, port } = addressOf(at.gateway.address);
  let found: readonly string[];
  try {
    found = await access.resolve(host);
  } catch (error) {
    // The proxies go on counting meanwhile: both versions wait for the next look.
    const samples = at.known.flatMap((address) => samplesOf(address, { kind: 'unread' }));
    return { samples, proxies: at.known, trouble: unavailable(wordsOf(error)) };
  }
  const proxies = found.toSorted().slice(0, PROXIES_MAX);
  const looks = await Promise.all(
    proxies.map(async (address) => ({ address, look: await lookAtProxy(access, at, { address, port }) })),
  );
  const trouble = troubleOf(at.gateway, { found: found.length, looks: looks.map(({ look }) => look) });
  return {
    samples: looks.flatMap(({ address, look }) => samplesOf(address, look)),
    proxies,
    ...(trouble === undefined ? {} : { trouble }),
  };
}

/** What has become of the looks so far. */
export interface GatewaySeen {
  readonly proxies: readonly string[];
  /** Looks in a row that met with trouble. */
  readonly troubledLooks: number;
  /** What people are told of it. */
  readonly told: Extract<EvidenceView, { kind: 'judged' }>['gateway'];
}

/** So many looks in a row are troubled before it is told: a proxy that is replaced is no news. */
const TROUBLED_LOOKS_TOLD = 3;

export function seenAfter(before: GatewaySeen | undefined, look: GatewayLook): GatewaySeen {
  const { proxies, trouble } = look;
  if (!trouble) return { proxies, troubledLooks: 0, told: { kind: 'counts' } };
  const troubledLooks = (before?.troubledLooks ?? 0) + 1;
  const isTold = troubledLooks >= TROUBLED_LOOKS_TOLD;
  return { proxies, troubledLooks, told: isTold ? { kind: 'trouble', ...trouble } : before?.told };
}

/** The HTTPRoute by which a release is reached, where there is one. */
export function routeNameOf({ traffic }: AppReleaseSpec, release: string): string {
  return traffic?.gateway?.routeRef?.name ?? release;
}

type ProxyLook =
  | Exclude<GatewayReading, { kind: 'unreadable' }>
  | { readonly kind: 'unread'; readonly why?: string };

async function lookAtProxy(
  access: GatewayAccess,
  { gateway, release }: GatewayLookAt,
  place: { readonly address: string; readonly port: number },
): Promise<ProxyLook> {
  const codec = GATEWAY_CODECS[gateway.provider];
  const { name, namespace, route } = release;
  const backends = {
    stable: { namespace, route, service: stableServiceName(name) },
    canary: { namespace, route, service: canaryServiceName(name) },
  };
  try {
    const page = await access.fetch({ ...place, path: gateway.path ?? codec.path });
    const reading = readGateway(page, codec, backends);
    return reading.kind === 'unreadable' ? { kind: 'unread', why: reading.why } : reading;
  } catch (error) {
    return { kind: 'unread', why: wordsOf(error) };
  }
}

function samplesOf(address: string, look: ProxyLook): PodSample[] {
  return (['stable', 'canary'] as const).map((arm): PodSample => {
    const podUid = `gateway/${address}/${arm}`;
    if (look.kind === 'counted') {
      // A proxy is older than the release: its first reading only sets the baseline.
      return { kind: 'counted', podUid, arm, startedAfterRelease: false, counters: look[arm] };
    }
    return { kind: look.kind === 'notPerBackend' ? 'uncounted' : 'failed', podUid, arm };
  });
}

interface Looked {
  readonly found: number;
  readonly looks: readonly ProxyLook[];
}

function troubleOf(gateway: GatewaySpec, { found, looks }: Looked): GatewayTrouble | undefined {
  const unread = looks.filter((look) => look.kind === 'unread');
  const [first] = unread;
  if (first) {
    const share = `${unread.length} of ${looks.length} proxies cannot be read`;
    return unavailable(`spec.checks.gateway: ${share}: ${first.why ?? 'no answer'}`);
  }
  // A proxy of another gateway behind the same name knows nothing of this release, and need not.
  if (looks.every(({ kind }) => kind === 'notPerBackend')) {
    return { reason: 'GatewayNotPerBackend', message: NOT_PER_BACKEND[gateway.provider] };
  }
  if (found <= PROXIES_MAX) return undefined;
  return unavailable(`spec.checks.gateway: ${PROXIES_MAX} of ${found} proxies are read, the others are not`);
}

const NOT_PER_BACKEND = {
  envoyGateway:
    'the gateway counts nothing per backend: set mergeBackends in its EnvoyProxy, and with a route of your own pin both backends',
  traefik:
    'the gateway counts nothing per backend: start Traefik with metrics.prometheus.addServicesLabels, or wait for the first request',
} as const;

function unavailable(message: string): GatewayTrouble {
  return { reason: 'GatewayUnavailable', message };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `host:port`, IPv6 in brackets; the schema has seen to the form. */
function addressOf(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
