// Where the value of a query comes from: the schema of each source. Asking is the controller's
// business, reading the answer that of metrics/queries.
import { z } from 'zod';
import { authorization, queryTls } from './http-access.ts';
import { preserved, seconds } from './primitives.ts';

/* Credentials in an address would stand in git, so there is no place for `@`. */
const HOST = '([^/?#@\\s:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?';
export const ADDRESS = `^https?://${HOST}(/[-._~%!$&'()*+,;=:/A-Za-z0-9]*)?$`;
export const WEB_URL = `^https?://${HOST}([/?][!-~]*)?$`;

const KEY = "\\[[0-9]{1,6}\\]|\\['[^']*'\\]";
const NAME = '[-_A-Za-z0-9]+';
export const JSON_PATH = `^([$]|${NAME}|${KEY})([.]${NAME}|${KEY})*$`;

/* What the operator sets itself, and what must come from a Secret. */
export const OWN_HEADER =
  '(?i)^(authorization|proxy-authorization|cookie|host|accept-encoding|connection|content-length|' +
  'expect|keep-alive|te|trailer|transfer-encoding|upgrade)$';

const range = z
  .object({
    seconds: z.number().int().min(1).max(86_400).meta({
      description: 'How far back the query looks, in seconds.',
    }),
    stepSeconds: z.number().int().min(1).max(3600).default(15).meta({
      description: 'Seconds between two points.',
    }),
    reduce: z.enum(['mean', 'max', 'min', 'last']).default('mean').meta({
      description: 'What becomes of the points. Those that are NaN or infinite are left out.',
    }),
  })
  .meta({
    description: 'Asks for a range of time (`/api/v1/query_range`) instead of this moment.',
  });

export const prometheus = z
  .object({
    address: z.string().max(1024).meta({
      description:
        'Address of the Prometheus API, without `/api/v1`: `http://prometheus.monitoring:9090`.',
    }),
    query: z
      .string()
      .min(1)
      .max(4096)
      .meta({
        description:
          'PromQL that gives one number. `{{hash}}`, `{{replicaSet}}` and `{{revision}}` stand for the ' +
          'version asked about, `{{name}}` and `{{namespace}}` for the AppRelease.',
      }),
    range: range.optional(),
    authorization: authorization.optional(),
    tls: queryTls.optional(),
  })
  .meta({ description: 'Asks a Prometheus, or a server with the same API.' });

const header = z.object({
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[-A-Za-z0-9]+$/)
    .meta({
      description: 'Name of the header.',
    }),
  value: z
    .string()
    .max(512)
    .regex(/^[ -~]*$/)
    .meta({ description: 'What is sent.' }),
});

export const web = z
  .object({
    url: z.string().max(2048).meta({
      description: 'http or https address that answers JSON. May have the same placeholders.',
    }),
    method: z.enum(['GET', 'POST']).default('GET').meta({ description: 'How it is asked.' }),
    headers: z
      .array(header)
      .max(10)
      .default([])
      .meta({
        description:
          'Headers to send; their values may have placeholders. Credentials belong in `authorization`.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    body: z.string().max(4096).optional().meta({
      description: 'Body of a POST, sent as application/json. May have placeholders.',
    }),
    path: z
      .string()
      .min(1)
      .max(512)
      .meta({
        description:
          "Where the value stands in the answer: names with dots, [n] for lists, ['key'] for other " +
          "keys, $ for the whole answer: `data.items[0]['p99']`.",
      }),
    authorization: authorization.optional(),
    tls: queryTls.optional(),
  })
  .meta({ description: 'Asks an HTTP server for JSON and takes one value out of it.' });

export const job = z
  .object({
    template: preserved(
      'Pod template of the Job that checks (PodTemplateSpec). The variables SLIPWAY_NAME, ' +
        'SLIPWAY_NAMESPACE, SLIPWAY_HASH, SLIPWAY_REPLICA_SET and SLIPWAY_REVISION name the ' +
        'candidate in each container. What restricted pod security wants is filled in where left out.',
    ),
    keepSeconds: seconds('Seconds that a finished Job and its logs are kept.', 86_400).default(
      3600,
    ),
  })
  .meta({
    description:
      'Runs a Job, one at a time. Its value is the exit code: 0 is good. 126 and 127, a kill and a ' +
      'time-out mean that the check itself did not run, which says nothing about the candidate.',
  });

export type PrometheusSource = z.output<typeof prometheus>;
export type WebSource = z.output<typeof web>;
export type JobSource = z.output<typeof job>;
