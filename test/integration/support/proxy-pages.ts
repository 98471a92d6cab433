// The metrics page of a pretended Envoy: each look at it finds as many more requests of either Service
// as were sent meanwhile, of which a share failed.
import type { GatewayAccess } from '../../../operator/src/controller/sample-gateway.ts';
import { APP } from './builders.ts';
import type { Played } from './metrics-pages.ts';

export interface PlayedProxy {
  /** How it groups backends: one cluster for each, or one for all of a rule. */
  clusters: 'service' | 'rule';
  readonly stable: Played;
  readonly canary: Played;
}

export function playProxy(namespace: () => string, proxy: PlayedProxy): GatewayAccess {
  const counted = { stable: { all: 0, failed: 0 }, canary: { all: 0, failed: 0 } };
  return {
    resolve: async () => ['10.0.0.1'],
    async fetch() {
      const lines = (['stable', 'canary'] as const).flatMap((role) => {
        counted[role].all += proxy[role].requests;
        counted[role].failed += proxy[role].requests * proxy[role].errors;
        const cluster =
          proxy.clusters === 'service'
            ? `service/${namespace()}/${APP}-${role}/80/http`
            : `httproute/${namespace()}/${APP}/rule/0`;
        const name = `envoy_cluster_name="${cluster}"`;
        const { all, failed } = counted[role];
        return [
          `envoy_cluster_upstream_rq_completed{${name}} ${all}`,
          `envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",${name}} ${Math.floor(failed)}`,
        ];
      });
      return `${lines.join('\n')}\n`;
    },
  };
}
