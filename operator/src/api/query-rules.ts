// What is wrong with a query beyond the shape of its fields. Each rule stands once, as CEL for the
// API server and beside it for the parser.
import { list, record } from '../lib/json.ts';
import { authorizationProblem } from './http-access.ts';
import {
  ANY_PLACEHOLDER,
  hasOnlyKnownPlaceholders,
  KNOWN_PLACEHOLDER,
  namesVersion,
  PLACEHOLDER_SENTENCE,
  VERSION_PLACEHOLDER,
} from './placeholders.ts';
import type { CelRule } from './primitives.ts';
import { ADDRESS, JSON_PATH, type JobSource, OWN_HEADER, WEB_URL } from './query-sources.ts';
import { isAboutVersion, type QuerySpec } from './query-spec.ts';

interface QueryRule extends CelRule {
  readonly isKept: (query: QuerySpec) => boolean;
}

const count = (...parts: readonly unknown[]): number =>
  parts.filter((part) => part !== undefined).length;
const matches = (text: string | undefined, pattern: string): boolean =>
  text === undefined || new RegExp(pattern).test(text);
/* CEL writes a pattern between quotes. */
const cel = (pattern: string): string => `r"${pattern}"`;
const knownIn = (path: string): string =>
  `self.${path}.findAll(${cel(ANY_PLACEHOLDER)}).all(p, p.matches(${cel(KNOWN_PLACEHOLDER)}))`;
const versionIn = (path: string): string => `self.${path}.matches(${cel(VERSION_PLACEHOLDER)})`;

export const QUERY_RULES: readonly QueryRule[] = [
  {
    rule: '(has(self.prometheus) ? 1 : 0) + (has(self.web) ? 1 : 0) + (has(self.job) ? 1 : 0) == 1',
    message: 'a query has exactly one source: prometheus, web or job',
    isKept: (one) => count(one.prometheus, one.web, one.job) === 1,
  },
  {
    rule: 'has(self.job) || has(self.threshold) != has(self.compareWithStable)',
    message: 'a query has exactly one of threshold and compareWithStable',
    isKept: (one) => one.job !== undefined || count(one.threshold, one.compareWithStable) === 1,
  },
  {
    rule: '!has(self.job) || !has(self.compareWithStable)',
    message:
      'a job is not compared with stable: leave compareWithStable out, then exit code 0 is good',
    fieldPath: '.compareWithStable',
    isKept: (one) => count(one.job, one.compareWithStable) < 2,
  },
  {
    rule: '!has(self.threshold) || has(self.threshold.max) || has(self.threshold.min) || has(self.threshold.equals)',
    message: 'threshold needs max, min or both, or equals',
    fieldPath: '.threshold',
    isKept: ({ threshold: at }) => !at || count(at.max, at.min, at.equals) > 0,
  },
  {
    rule: '!has(self.threshold) || !has(self.threshold.equals) || !(has(self.threshold.max) || has(self.threshold.min))',
    message: 'equals stands alone: a value is either within max and min, or equal to a text',
    fieldPath: '.threshold',
    isKept: ({ threshold: at }) => !at || at.equals === undefined || count(at.max, at.min) === 0,
  },
  {
    rule: '!has(self.threshold) || !has(self.threshold.max) || !has(self.threshold.min) || self.threshold.min <= self.threshold.max',
    message: 'min is above max: no value could ever be good',
    fieldPath: '.threshold',
    isKept: ({ threshold: at }) => !at || (at.min ?? at.max ?? 0) <= (at.max ?? at.min ?? 0),
  },
  {
    rule: 'has(self.job) || !has(self.timeoutSeconds) || self.timeoutSeconds <= 30',
    message:
      'timeoutSeconds of prometheus and web is at most 30: a slow answer holds up the others',
    fieldPath: '.timeoutSeconds',
    isKept: (one) => one.job !== undefined || (one.timeoutSeconds ?? 0) <= 30,
  },
  {
    rule: `!has(self.prometheus) || self.prometheus.address.matches(${cel(ADDRESS)})`,
    message:
      'address is http:// or https:// with a host and no user name or query, like http://prometheus.monitoring:9090',
    fieldPath: '.prometheus.address',
    isKept: (one) => matches(one.prometheus?.address, ADDRESS),
  },
  {
    rule:
      '!has(self.prometheus) || !has(self.prometheus.range) || ' +
      'self.prometheus.range.seconds <= self.prometheus.range.stepSeconds * 1000',
    message: 'range has more than 1000 points: raise stepSeconds',
    fieldPath: '.prometheus.range',
    isKept: ({ prometheus: at }) => !at?.range || at.range.seconds <= at.range.stepSeconds * 1000,
  },
  {
    rule: `!has(self.prometheus) || ${knownIn('prometheus.query')}`,
    message: `${PLACEHOLDER_SENTENCE} (in query)`,
    fieldPath: '.prometheus.query',
    isKept: (one) => hasOnlyKnownPlaceholders(one.prometheus?.query ?? ''),
  },
  {
    rule: `!has(self.web) || self.web.url.matches(${cel(WEB_URL)})`,
    message:
      'url is http:// or https:// with a host and no user name, like http://shop-canary.shop:8080/stats?version={{hash}}',
    fieldPath: '.web.url',
    isKept: (one) => matches(one.web?.url, WEB_URL),
  },
  {
    rule: `!has(self.web) || ${knownIn('web.url')}`,
    message: `${PLACEHOLDER_SENTENCE} (in url)`,
    fieldPath: '.web.url',
    isKept: (one) => hasOnlyKnownPlaceholders(one.web?.url ?? ''),
  },
  {
    rule: `!has(self.web) || !has(self.web.body) || ${knownIn('web.body')}`,
    message: `${PLACEHOLDER_SENTENCE} (in body)`,
    fieldPath: '.web.body',
    isKept: (one) => hasOnlyKnownPlaceholders(one.web?.body ?? ''),
  },
  {
    rule:
      '!has(self.web) || !has(self.web.headers) || self.web.headers.all(h, ' +
      `h.value.findAll(${cel(ANY_PLACEHOLDER)}).all(p, p.matches(${cel(KNOWN_PLACEHOLDER)})))`,
    message: `${PLACEHOLDER_SENTENCE} (in headers)`,
    fieldPath: '.web.headers',
    isKept: (one) => (one.web?.headers ?? []).every(({ value }) => hasOnlyKnownPlaceholders(value)),
  },
  {
    rule: `!has(self.web) || !has(self.web.headers) || self.web.headers.all(h, !h.name.matches(${cel(OWN_HEADER)}))`,
    message:
      'headers cannot set credentials, cookies or what belongs to the connection: use authorization, so that secrets stay in a Secret',
    fieldPath: '.web.headers',
    isKept: (one) => (one.web?.headers ?? []).every(({ name }) => !isOwnHeader(name)),
  },
  {
    rule: "!has(self.web) || !has(self.web.body) || (has(self.web.method) && self.web.method == 'POST')",
    message: 'a GET has no body: set method to POST or leave body out',
    fieldPath: '.web.body',
    isKept: ({ web: at }) => at?.body === undefined || at.method === 'POST',
  },
  {
    rule: `!has(self.web) || self.web.path.matches(${cel(JSON_PATH)})`,
    message:
      "path is made of names with dots, [n] and ['key'], like data.items[0]['p99'], or $ alone",
    fieldPath: '.web.path',
    isKept: (one) => matches(one.web?.path, JSON_PATH),
  },
  {
    rule: `!has(self.compareWithStable) || !has(self.prometheus) || ${versionIn('prometheus.query')}`,
    message:
      'compareWithStable asks about both versions: put {{hash}}, {{replicaSet}} or {{revision}} where the query names one',
    fieldPath: '.prometheus.query',
    isKept: (one) =>
      !one.compareWithStable || !one.prometheus || namesVersion(one.prometheus.query),
  },
  {
    rule:
      `!has(self.compareWithStable) || !has(self.web) || ${versionIn('web.url')} || ` +
      `(has(self.web.body) && ${versionIn('web.body')}) || (has(self.web.headers) && ` +
      `self.web.headers.exists(h, h.value.matches(${cel(VERSION_PLACEHOLDER)})))`,
    message:
      'compareWithStable asks about both versions: put {{hash}}, {{replicaSet}} or {{revision}} where url, body or a header names one',
    fieldPath: '.web',
    isKept: (one) => !one.compareWithStable || !one.web || isAboutVersion(one),
  },
];

/** What is wrong with the queries beyond the shape of their fields; paths below the list. */
export function queryViolations(
  all: readonly QuerySpec[],
): readonly { readonly path: string; readonly message: string }[] {
  return all.flatMap((one, at) => [
    ...QUERY_RULES.filter((rule) => !rule.isKept(one)).map(({ fieldPath = '', message }) => ({
      path: `[${at}]${fieldPath}`,
      message,
    })),
    ...accessProblems(one).map(({ path, message }) => ({ path: `[${at}]${path}`, message })),
    ...jobProblems(one.job).map((message) => ({ path: `[${at}].job.template`, message })),
    ...(all.findIndex(({ name }) => name === one.name) < at
      ? [
          {
            path: `[${at}].name`,
            message: `another query is called ${one.name}: give each its own name`,
          },
        ]
      : []),
  ]);
}

function accessProblems({ prometheus: of, web: at }: QuerySpec) {
  return Object.entries({ prometheus: of, web: at }).flatMap(([source, fields]) => {
    const message = authorizationProblem(fields?.authorization);
    return message === undefined ? [] : [{ path: `.${source}.authorization`, message }];
  });
}

/* The schema keeps any pod template; the API server would refuse this one only in a release. */
function jobProblems(of: JobSource | undefined): string[] {
  if (!of) return [];
  const containers = list(record(of.template['spec'])['containers']);
  return containers.length === 0
    ? ['spec.containers is empty: name the container that checks']
    : [];
}

function isOwnHeader(name: string): boolean {
  return new RegExp(OWN_HEADER.replace('(?i)', ''), 'i').test(name);
}
