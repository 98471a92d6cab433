// What a release is judged by: the pods' own counters, the gateway's, pods' crashes, and the user's own
// queries. A part of the schema of an AppRelease; its rules over several fields stand in app-release.ts.
import { z } from 'zod';
import { gatewayCounters } from './gateway-counters.ts';
import { percentText, withRules } from './primitives.ts';
import { queries } from './queries.ts';
import { scrape } from './scrape.ts';

const counter = z
  .object({
    name: z.string().min(1).max(200).regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/).meta({
      description: 'Name of the counter, as the metrics page has it.',
    }),
    labels: z.record(z.string(), z.string().max(256)).optional().meta({
      description: 'Labels a series must have, as regular expressions matched against the whole value.',
    }),
  })
  .meta({ description: 'Counters to add up.' });

const errorRate = withRules(
  z
    .object({
      ratio: z.number().min(1).max(100).default(1.25).meta({
        description: "How many times stable's error rate is still acceptable.",
      }),
      margin: percentText.default('0.1%').meta({
        description: 'Error rate that is acceptable on top of that, in percent of requests.',
      }),
      total: counter.optional().meta({ description: 'Counter of all requests, if it is not a recognised one.' }),
      errors: counter.optional().meta({ description: 'Counter of failed requests, if `total` is named.' }),
    })
    .meta({ description: 'Compares the errors of the candidate with those of stable.' }),
  [
    {
      rule: 'has(self.total) == has(self.errors)',
      message: 'name both total and errors, or neither (then well-known counters are recognised)',
    },
  ],
);

const counterPair = z
  .object({
    name: z.string().min(1).max(32).regex(/^[a-z][a-z0-9-]*$/).meta({
      description: 'A name for messages and status: small letters, digits and dashes.',
    }),
    total: counter.meta({ description: 'Counter of everything of that kind.' }),
    bad: counter.meta({ description: 'Counter of what went wrong.' }),
    ratio: z.number().min(1).max(100).default(1.25).meta({
      description: "How many times stable's share of bad ones is still acceptable.",
    }),
    margin: percentText.default('0.1%').meta({
      description: 'Share of bad ones that is acceptable on top of that, in percent.',
    }),
  })
  .meta({
    description:
      'Counters of your own on the metrics page, judged as errors are: failed logins of all logins.',
  });

const promotion = z
  .object({
    margin: percentText.default('1%').meta({
      description:
        "Error rate above stable's from which on a candidate is not good enough, in percent of requests.",
    }),
    falsePromotionRate: percentText.default('5%').meta({
      description: 'Largest acceptable share of candidates on that margin that pass all the same.',
    }),
  })
  .meta({ description: 'When `verify.until: evidence` passes.' });

/** What a release is judged by, beside the readiness of its pods. */
export const checks = z
  .object({
    scrape: scrape.optional(),
    errorRate: errorRate.optional(),
    queries: queries.optional(),
    counters: z.array(counterPair).max(8).default([]).meta({
      description: 'Pairs of counters of your own that are compared as errors are.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
    ignore: z.array(z.enum(['latency', 'restarts', 'readiness'])).max(3).default([]).meta({
      description:
        'What is not judged. By default the latency histograms beside the counters are compared, ' +
        'and crashes and losses of readiness are held against what pods may do.',
      'x-kubernetes-list-type': 'set',
    }),
    gateway: gatewayCounters.optional(),
    promotion: promotion.optional(),
    dispersion: z.enum(['auto', '1.5x', 'strict']).default('auto').meta({
      description:
        "How errors are taken to cluster. `auto`: as stable's pods have shown in earlier releases, " +
        '2 until that is known. `1.5x`: half as much again. `strict`: nothing is assumed within a ' +
        'minute; slow.',
    }),
    rescue: z.enum(['never', 'allow']).default('never').meta({
      description:
        'What to do while stable itself is failing and the candidate is shown to do better: hold ' +
        '(`never`), or promote it at once (`allow`).',
    }),
    falseRollbackRate: percentText.default('1%').meta({
      description: 'Largest acceptable share of good releases that are rolled back by chance.',
    }),
  })
  .meta({
    description:
      'What is judged. Without `scrape`, errors and latency are not; crashes and readiness always are.',
  });
