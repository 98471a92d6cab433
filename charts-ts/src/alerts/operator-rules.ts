// Alerts on the operator itself: users are served without it, but nothing is released or taken back.
import { alert, type RuleGroup } from './rule-group.ts';

export interface OperatorRulesProps {
  /** @default slipway-system */
  readonly namespace?: string;
  /** Label `service` of its series. @default slipway-operator-metrics */
  readonly service?: string;
}

export function operatorRules(props: OperatorRulesProps = {}): RuleGroup {
  const { namespace = 'slipway-system', service = 'slipway-operator-metrics' } = props;
  const own = `namespace="${namespace}",service="${service}"`;
  const logs = `kubectl -n ${namespace} logs deployment/slipway-operator`;
  const answers = (codes: string) => `sum(rate(slipway_kube_requests_total{${own}${codes}}[10m]))`;
  return {
    name: `${namespace}-operator`,
    rules: [
      alert('SlipwayDown', `absent(up{${own}} == 1)`, {
        forAtLeast: '5m',
        severity: 'page',
        summary: 'No operator runs: nothing is released or taken back',
        description: `kubectl -n ${namespace} get pods. Users are served meanwhile.`,
      }),
      alert('SlipwayReconcileFails', `increase(slipway_reconcile_total{${own},threw="true"}[15m]) > 0`, {
        forAtLeast: '0m',
        severity: 'ticket',
        summary: 'The operator met an error that nobody named: this is a bug',
        description: `${logs} | grep '"level":"error"'`,
      }),
      alert('SlipwayReconcileLate', `increase(slipway_reconcile_late_total{${own}}[15m]) > 3`, {
        forAtLeast: '5m',
        severity: 'ticket',
        summary: 'Releases take longer than their deadline to look at',
        description: 'The API server is slow, or the operator has too little CPU.',
      }),
      alert('SlipwayCacheStale', `max by (resource) (slipway_cache_last_event_age_seconds{${own}}) > 180`, {
        forAtLeast: '2m',
        severity: 'page',
        summary: 'The operator has heard nothing about {{ $labels.resource }} for {{ $value | humanizeDuration }}',
        description: `The server sends a bookmark each minute, so the watch is dead. ${logs}`,
      }),
      alert('SlipwayRequestsFail', `${answers(',code=~"5xx|none"')} / ${answers('')} > 0.1`, {
        forAtLeast: '10m',
        severity: 'ticket',
        summary: '{{ $value | humanizePercentage }} of the operator\'s requests to the API server fail',
        description: logs,
      }),
    ],
  };
}
