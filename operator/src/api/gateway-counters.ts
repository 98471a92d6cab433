// Where the counters of a gateway's proxies are read. A part of `checks`.
import { z } from 'zod';
import { withRules } from './primitives.ts';

/** A port that there is. */
const PORT =
  '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
/** `name:port`, or an IPv6 address in brackets. */
const PLACE = `^([a-z0-9.-]+|\\[[0-9a-f:.]+\\]):${PORT}$`;

export const PLACE_SENTENCE =
  'address is a name and a port without a scheme, like envoy-stats.envoy-gateway-system.svc:19001';

/** Whether proxies can be looked for there. */
export function isPlace(address: string): boolean {
  return new RegExp(PLACE).test(address);
}

export const gatewayCounters = withRules(
  z
    .object({
      provider: z.enum(['envoyGateway', 'traefik']).meta({
        description:
          'Whose proxies they are, which says how their counters are named. With `envoyGateway`, a ' +
          'route of the operator gets two rules that nobody reaches, which keep both Services counted.',
      }),
      address: z.string().min(3).max(300).meta({
        description:
          'Name and port of their metrics pages, `name:port`. Every address behind the name is one ' +
          'proxy, and the first 16 are read: name a headless Service.',
      }),
      path: z.string().max(1024).regex(/^\/[!-~]*$/).optional().meta({
        description: 'Path of the metrics page. Left out: the usual one of the provider.',
      }),
    })
    .meta({
      description:
        'What the gateway counts of each version: refused, reset and timed-out requests are seen ' +
        'only there.',
    }),
  [
    {
      rule: `self.address.matches(r"${PLACE}")`,
      message: PLACE_SENTENCE,
      fieldPath: '.address',
    },
  ],
);
