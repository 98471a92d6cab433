// Where the pods' own counters are read, and how: `spec.checks.scrape`. Each rule stands once, as CEL
// for the API server and beside it for the parser.
import { z } from 'zod';
import { authorization, authorizationProblem, queryTls } from './http-access.ts';
import { type CelRule, withRules } from './primitives.ts';

const scrapeTls = queryTls.extend({
  serverName: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[-.a-zA-Z0-9]+$/)
    .optional()
    .meta({
      description: 'Name that the certificates of the pods carry; pods are asked by their address.',
    }),
  insecureSkipVerify: z.boolean().default(false).meta({
    description:
      'Take any certificate. Whoever can answer at the address of a pod is then believed.',
  }),
});

const fields = z.object({
  port: z
    .union([z.number().int().min(1).max(65_535), z.string().min(1).max(15)])
    .default('metrics')
    .meta({
      description: 'Name or number of the container port that serves metrics.',
      'x-kubernetes-int-or-string': true,
    }),
  path: z
    .string()
    .max(1024)
    .regex(/^\/[!-~]*$/)
    .default('/metrics')
    .meta({ description: 'Path of the metrics page.' }),
  everySeconds: z.number().int().min(1).max(60).default(2).meta({
    description: 'Seconds between two looks.',
  }),
  scheme: z.enum(['http', 'https']).default('http').meta({
    description: 'How the page is served.',
  }),
  tls: scrapeTls.optional().meta({ description: 'How the pods are recognised over https.' }),
  authorization: authorization.optional(),
});

export type ScrapeSpec = z.output<typeof fields>;

interface ScrapeRule extends CelRule {
  readonly isKept: (scrape: ScrapeSpec) => boolean;
}

const RULES: readonly ScrapeRule[] = [
  {
    rule: "!has(self.tls) || (has(self.scheme) && self.scheme == 'https')",
    message: 'tls is about https: set scheme to https, or leave tls out',
    fieldPath: '.tls',
    isKept: ({ scheme, tls }) => tls === undefined || scheme === 'https',
  },
  {
    rule:
      '!has(self.tls) || !has(self.tls.ca) || ' +
      '!(has(self.tls.insecureSkipVerify) && self.tls.insecureSkipVerify)',
    message: 'ca says whom to trust and insecureSkipVerify to trust anybody: leave one of them out',
    fieldPath: '.tls',
    isKept: ({ tls }) => tls?.ca === undefined || !tls.insecureSkipVerify,
  },
];

export const scrape = withRules(
  fields.meta({ description: "Where the pods' own counters are read." }),
  RULES.map(({ isKept: _isKept, ...rule }) => rule),
);

/** What is wrong with it beyond the shape of its fields; paths below `scrape`. */
export function scrapeViolations(
  of: ScrapeSpec,
): readonly { readonly path: string; readonly message: string }[] {
  const authorizationMessage = authorizationProblem(of.authorization);
  return [
    ...RULES.filter((rule) => !rule.isKept(of)).map(({ fieldPath = '', message }) => ({
      path: fieldPath,
      message,
    })),
    ...(authorizationMessage === undefined
      ? []
      : [{ path: '.authorization', message: authorizationMessage }]),
  ];
}
