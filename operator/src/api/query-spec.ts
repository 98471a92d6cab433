// One query of `spec.checks.queries`: what is asked, how often, and what an answer means. The rules
// between its fields stand in query-rules.ts.
import { z } from 'zod';
import { namesVersion } from './placeholders.ts';
import { DNS_LABEL } from './primitives.ts';
import {
  job,
  type JobSource,
  prometheus,
  type PrometheusSource,
  web,
  type WebSource,
} from './query-sources.ts';

export const threshold = z
  .object({
    max: z.number().optional().meta({ description: 'Largest value that is good.' }),
    min: z.number().optional().meta({ description: 'Smallest value that is good.' }),
    equals: z.string().max(256).optional().meta({
      description: 'The one good value as text: `ok`, `"true"`, `"200"`.',
    }),
  })
  .meta({
    description:
      'The value must stay within. Where the query names the version, stable is asked too: while ' +
      'stable is outside as well, there is no verdict.',
  });

export const compareWithStable = z
  .object({
    ratio: z.number().min(1).max(1000).default(1.25).meta({
      description: "How many times stable's value is still good.",
    }),
    margin: z.number().min(0).default(0).meta({
      description: 'What is good on top of that, in the unit of the value.',
    }),
    worse: z
      .enum(['higher', 'lower'])
      .default('higher')
      .meta({
        description:
          '`higher`: the candidate must not be above stable x ratio + margin. `lower`: not below ' +
          'stable / ratio - margin.',
      }),
  })
  .meta({ description: 'The candidate is asked about, and stable at the same time.' });

export const query = z
  .object({
    name: z.string().min(1).max(40).regex(DNS_LABEL).meta({
      description: 'Name of the check, as `status.checks` shows it (`query/<name>`).',
    }),
    prometheus: prometheus.optional(),
    web: web.optional(),
    job: job.optional(),
    everySeconds: z
      .number()
      .int()
      .min(1)
      .max(3600)
      .optional()
      .meta({
        description:
          'Seconds from one asking to the next. Left out: 15 for prometheus, 10 for web, 60 for job. ' +
          'The next one waits for the one before.',
      }),
    timeoutSeconds: z.number().int().min(1).max(3600).optional().meta({
      description: 'Seconds until an answer is given up. Left out: 5; 300 for a job.',
    }),
    threshold: threshold.optional(),
    compareWithStable: compareWithStable.optional(),
    failures: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .meta({
        description:
          'Bad values in a row at which the candidate is taken back. A threshold is not a test: how ' +
          'often a good release is taken back by chance is not bounded by falseRollbackRate, and a ' +
          'bad one that stays within is not seen. No data and errors of the source count neither way.',
      }),
  })
  .meta({
    description: 'One value that is asked for while a release is under way, and what is good.',
  });

/** One query as the parser gives it, with defaults. */
export type QuerySpec = z.output<typeof query>;

/** Where a value comes from, as one of three. */
export type QuerySource =
  | ({ readonly kind: 'prometheus' } & PrometheusSource)
  | ({ readonly kind: 'web' } & WebSource)
  | ({ readonly kind: 'job' } & JobSource);

/** What an answer is judged by; where it comes from is another matter. */
export type QueryRule = Pick<QuerySpec, 'name' | 'threshold' | 'compareWithStable' | 'failures'>;

export type ThresholdSpec = z.output<typeof threshold>;
export type CompareSpec = z.output<typeof compareWithStable>;

/** What makes a value good, as one of two. */
export type QuerySemantics =
  | ({ readonly kind: 'threshold' } & ThresholdSpec)
  | ({ readonly kind: 'compareWithStable' } & CompareSpec);

/** Undefined where the parser has not been asked: a valid query has a source. */
export function sourceOf(of: QuerySpec): QuerySource | undefined {
  if (of.prometheus) return { kind: 'prometheus', ...of.prometheus };
  if (of.web) return { kind: 'web', ...of.web };
  return of.job && { kind: 'job', ...of.job };
}

/** A job without a threshold is good when it ends with 0. */
export function semanticsOf(of: QueryRule): QuerySemantics {
  if (of.compareWithStable) return { kind: 'compareWithStable', ...of.compareWithStable };
  return { kind: 'threshold', ...(of.threshold ?? { max: 0, min: 0 }) };
}

const EVERY_SECONDS = { prometheus: 15, web: 10, job: 60 } as const;
const TIMEOUT_SECONDS = { prometheus: 5, web: 5, job: 300 } as const;

export function everySecondsOf(of: QuerySpec): number {
  return of.everySeconds ?? EVERY_SECONDS[sourceOf(of)?.kind ?? 'job'];
}

export function timeoutSecondsOf(of: QuerySpec): number {
  return of.timeoutSeconds ?? TIMEOUT_SECONDS[sourceOf(of)?.kind ?? 'job'];
}

/** True when the query asks about one version in particular, so that stable can be asked as well. */
export function isAboutVersion({ prometheus: of, web: at }: QuerySpec): boolean {
  const texts = [of?.query, at?.url, at?.body, ...(at?.headers ?? []).map(({ value }) => value)];
  return texts.some((text) => text !== undefined && namesVersion(text));
}
