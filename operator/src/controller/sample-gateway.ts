// One look at all proxies of a gateway: what each has counted of stable's Service and of the candidate's.
import { canaryServiceName, stableServiceName } from '../api/labels.ts';
import type { ChecksSpec } from '../api/app-release.ts';
import type { PodSample } from '../analysis/sample.ts';
import { GATEWAY_CODECS, type GatewayReading, readGateway } from '../metrics/gateway/gateway-codec.ts';

export type GatewaySpec = NonNullable<ChecksSpec['gateway']>;

/** How proxies are found and read. Both throw with a sentence for people. */
export interface GatewayAccess {
  /** The addresses of all proxies behind a name. */
  resolve(host: string): Promise<readonly string[]>;
  /** The text of one proxy's metrics page. */
  fetch(proxy: { readonly address: string; readonly port: number; readonly path: string }): Promise<string>;
}

export interface GatewayLook {
  readonly samples: readonly PodSample[];
  /** What is wrong with the source, for people; undefined when it counts. */
  readonly trouble?: string;
}

/** More proxies than these are not read: the first in the order of their addresses are. */
const PROXIES_MAX = 16;

export async function sampleGateway(
  access: GatewayAccess,
  gateway: GatewaySpec,
  release: { readonly namespace: string; readonly name: string },
): Promise<GatewayLook> {
  const codec = GATEWAY_CODECS[gateway.provider];
  const { host, port } = addressOf(gateway.address);
  const { name, namespace } = release;
  const backends = {
    stable: { namespace, service: stableServiceName(name) },
    canary: { namespace, service: canaryServiceName(name) },
  };
  try {
    const found = await access.resolve(host);
    const proxies = found.toSorted().slice(0, PROXIES_MAX);
    const looks = await Promise.all(
      proxies.map(async (address) => {
        const path = gateway.path ?? codec.path;
        const page = await access.fetch({ address, port, path }).catch(() => undefined);
        const reading = page === undefined ? undefined : readGateway(page, codec, backends);
        return { address, reading };
      }),
    );
    const samples = looks.flatMap(({ address, reading }) => samplesOf(address, reading));
    const isSilent = looks.every(({ reading }) => reading?.kind === 'notPerBackend');
    return isSilent ? { samples, trouble: TROUBLES[gateway.provider] } : { samples };
  } catch (error) {
    return { samples: [], trouble: error instanceof Error ? error.message : String(error) };
  }
}

const TROUBLES = {
  envoyGateway:
    'the gateway counts nothing per backend: its EnvoyProxy needs mergeBackends, and the backends a route that pins them',
  traefik: 'the gateway counts nothing per backend: Traefik needs metrics.prometheus.addServicesLabels',
} as const;

function samplesOf(address: string, reading: GatewayReading | undefined): PodSample[] {
  return (['stable', 'canary'] as const).map((arm): PodSample => {
    const podUid = `gateway/${address}/${arm}`;
    if (reading?.kind === 'counted') {
      // A proxy is older than the release: its first reading only sets the baseline.
      return { kind: 'counted', podUid, arm, startedAfterRelease: false, counters: reading[arm] };
    }
    return { kind: reading?.kind === 'notPerBackend' ? 'uncounted' : 'failed', podUid, arm };
  });
}

/** `host:port`, IPv6 in brackets; the schema has seen to the form. */
function addressOf(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
