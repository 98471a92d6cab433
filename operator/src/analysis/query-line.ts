// What is written down of each asking of a query, and how it is judged again from that alone: the line
// has the rule, the answers, and what was known before.
import { z } from 'zod';
import { compareWithStable, type QueryRule, threshold } from '../api/query-spec.ts';
import { initialResult, type QueryResult, stepQuery } from './queries.ts';
import type { QuerySample, QuerySamples } from './query-sample.ts';

/** Raised when an old line cannot be judged by the rules of this version. */
const QUERY_LINE_VERSION = 1 as const;

/** A text longer than any that a rule can ask for is cut: it is bad all the same. */
const TEXT_MAX = 257;

const value = z.union([z.number(), z.boolean(), z.string().max(TEXT_MAX)]);
const why = z.string().max(4096);
const sample = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('value'), value, what: z.literal('exit code').exactOptional() }),
  z.object({ kind: z.literal('noData'), why }),
  z.object({ kind: z.literal('error'), why }),
]);
const mark = z.object({
  state: z.enum(['ok', 'failing', 'failed', 'noData', 'error']),
  failures: z.number().int().min(0),
});
const line = z.object({
  kind: z.literal('query'),
  version: z.literal(QUERY_LINE_VERSION),
  release: z.string().max(400),
  revision: z.number().int(),
  /** Counts from 1 since the process began to ask; another beginning goes on from `before`. */
  asked: z.number().int().min(1),
  rule: z.object({
    name: z.string().max(63),
    failures: z.number().int().min(1),
    threshold: threshold.exactOptional(),
    compareWithStable: compareWithStable.exactOptional(),
  }),
  before: mark,
  samples: z.object({ candidate: sample, stable: sample.exactOptional() }),
  result: mark,
});

/** One asking. `release` is `namespace/name`. */
export type QueryLine = z.output<typeof line>;

/** The line that `value` holds; undefined where it is none that this version wrote. */
export function readQueryLine(text: unknown): QueryLine | undefined {
  return line.safeParse(text).data;
}

/** What is to be written down of one asking. */
export interface Asking {
  readonly release: string;
  readonly revision: number;
  readonly query: QueryRule;
  readonly asked: number;
  readonly before: QueryResult;
  readonly samples: QuerySamples;
  readonly next: QueryResult;
}

/** Where the query asks, and with which credentials, is left out. */
export function queryLine({ asked, before, next, query, release, revision, samples }: Asking): QueryLine {
  const { compareWithStable: comparison, failures, name, threshold: bounds } = query;
  return {
    kind: 'query',
    version: QUERY_LINE_VERSION,
    release,
    revision,
    asked,
    rule: {
      name,
      failures,
      ...(bounds ? { threshold: bounds } : {}),
      ...(comparison ? { compareWithStable: comparison } : {}),
    },
    before: markOf(before),
    samples: {
      candidate: cut(samples.candidate),
      ...(samples.stable ? { stable: cut(samples.stable) } : {}),
    },
    result: markOf(next),
  };
}

/** All askings of one query about one revision, judged again. */
export interface ReplayedQuery {
  readonly release: string;
  readonly revision: number;
  readonly name: string;
  readonly askings: number;
  readonly last: QueryResult;
  /** The first asking that came out otherwise than it was recorded. */
  readonly differsAt?: number;
  /** Lines are missing between these two; nothing is judged past them. */
  readonly gap?: { readonly expected: number; readonly found: number };
}

/** In the order in which the queries were first asked. */
export function replayQueries(lines: readonly QueryLine[]): readonly ReplayedQuery[] {
  const courses = new Map<string, Course>();
  for (const each of lines) {
    const key = `${each.release}#${each.revision}#${each.rule.name}`;
    courses.set(key, stepped(courses.get(key), each));
  }
  return [...courses.values()].map(({ replayed }) => replayed);
}

interface Course {
  readonly replayed: ReplayedQuery;
  /** The last line's number in its process. */
  readonly asked: number;
}

function stepped(course: Course | undefined, one: QueryLine): Course {
  if (course?.replayed.gap) return course;
  const { asked, rule } = one;
  // Another process goes on with what is known of the one before.
  const begins = asked === 1 || course === undefined;
  if (!begins && asked !== course.asked + 1) {
    const gap = { expected: course.asked + 1, found: asked };
    return { ...course, replayed: { ...course.replayed, gap } };
  }
  const before = begins ? { ...initialResult(rule.name), ...one.before } : course.replayed.last;
  const last = stepQuery(before, rule, one.samples);
  const askings = (course?.replayed.askings ?? 0) + 1;
  const isSame = last.state === one.result.state && last.failures === one.result.failures;
  const differsAt = course?.replayed.differsAt ?? (isSame ? undefined : askings);
  const { release, revision } = one;
  const replayed = { release, revision, name: rule.name, askings, last };
  return { asked, replayed: { ...replayed, ...(differsAt === undefined ? {} : { differsAt }) } };
}

function markOf({ failures, state }: QueryResult): QueryLine['result'] {
  return { state, failures };
}

function cut(of: QuerySample): QuerySample {
  if (of.kind !== 'value' || typeof of.value !== 'string') return of;
  return { ...of, value: of.value.slice(0, TEXT_MAX) };
}
