// RED of an app: rate, errors and duration of its requests, recorded, and alerts on what users notice.
// Series are those of the reference app: http_requests_total{code} and http_request_duration_seconds.
import { alert, type AlertingRule, type RecordingRule, type RuleGroup } from './rule-group.ts';

export interface AppRulesProps {
  /** Of the app; alerts say it. */
  readonly name: string;
  readonly namespace: string;
  /** Label `service` of its series: the Service that its ServiceMonitor scrapes. */
  readonly service: string;
  /** Percent of requests that must not fail, over 30 days. @default 99.9 */
  readonly objectivePercent?: number;
  /** Seconds that 99 of 100 requests must stay below. @default 0.5 */
  readonly slowSeconds?: number;
}

const WINDOWS = ['5m', '30m', '1h', '6h'] as const;
type Window = (typeof WINDOWS)[number];

/**
 * Two speeds at which a month's errors are used up: 14.4 times too fast is 2 % of them in an hour and
 * wakes somebody; 6 times is 5 % in six hours. The short window ends the alert when it is over.
 */
export function appRules(props: AppRulesProps): RuleGroup {
  return { name: `${props.namespace}-${props.name}-red`, rules: [...recordings(props), ...alerts(props)] };
}

function recordings({ namespace, service }: AppRulesProps): readonly RecordingRule[] {
  const matchers = `namespace="${namespace}",service="${service}"`;
  const rate = (window: Window, more = '') =>
    `sum by (namespace, service) (rate(http_requests_total{${matchers}${more}}[${window}]))`;
  // Without an error there is no series of one, and no error is 0, not nothing.
  const errors = (window: Window) => `(${rate(window, ',code=~"5.."')} or 0 * ${rate(window)}) / ${rate(window)}`;
  const buckets = `rate(http_request_duration_seconds_bucket{${matchers}}[5m])`;
  return [
    { record: 'namespace_service:http_requests:rate5m', expr: rate('5m') },
    ...WINDOWS.map((window) => ({
      record: `namespace_service:http_errors:ratio_rate${window}`,
      expr: errors(window),
    })),
    {
      record: 'namespace_service:http_request_duration_seconds:p99_5m',
      expr: `histogram_quantile(0.99, sum by (namespace, service, le) (${buckets}))`,
    },
  ];
}

function alerts(props: AppRulesProps): readonly AlertingRule[] {
  const { name, namespace, service, slowSeconds = 0.5 } = props;
  const matchers = `{namespace="${namespace}",service="${service}"}`;
  return [
    burn(props, { speed: 14.4, long: '1h', short: '5m', severity: 'page' }),
    burn(props, { speed: 6, long: '6h', short: '30m', severity: 'ticket' }),
    alert('AppSlow', `namespace_service:http_request_duration_seconds:p99_5m${matchers} > ${slowSeconds}`, {
      forAtLeast: '10m',
      severity: 'ticket',
      summary: `${name}: 1 of 100 requests takes longer than ${slowSeconds} s`,
      description: 'Look at the database and at ledger_pool_connections{state="waiting"} first.',
    }),
    alert('AppDown', `absent(up${matchers} == 1)`, {
      forAtLeast: '2m',
      severity: 'page',
      summary: `${name}: no pod answers its metrics page`,
      description: `kubectl -n ${namespace} get pods; kubectl slipway status ${name} -n ${namespace}`,
    }),
  ];
}

interface Burn {
  readonly speed: number;
  readonly long: Window;
  readonly short: Window;
  readonly severity: 'page' | 'ticket';
}

function burn(props: AppRulesProps, { speed, long, short, severity }: Burn): AlertingRule {
  const { name, namespace, service, objectivePercent = 99.9 } = props;
  // Rounded, because 1 - 0.999 is not 0.001.
  const limit = Number((((100 - objectivePercent) / 100) * speed).toPrecision(6));
  const over = (window: Window) =>
    `namespace_service:http_errors:ratio_rate${window}{namespace="${namespace}",service="${service}"} > ${limit}`;
  return alert('AppErrorBudgetBurn', `${over(long)} and ${over(short)}`, {
    forAtLeast: '2m',
    severity,
    summary: `${name}: {{ $value | humanizePercentage }} of the requests of ${long} failed`,
    description: `The objective is ${objectivePercent} %. kubectl slipway status ${name} -n ${namespace}`,
  });
}
