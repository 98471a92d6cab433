// A PrometheusRule of the Prometheus operator. The groups themselves are in alerts/.
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { RuleGroup } from '../alerts/rule-group.ts';

export interface AlertRulesProps {
  readonly name: string;
  readonly groups: readonly RuleGroup[];
  /** Labels by which a Prometheus chooses its rules. @default - none: it takes all */
  readonly labels?: Readonly<Record<string, string>>;
}

export class AlertRules extends Construct {
  constructor(scope: Construct, id: string, { name, groups, labels }: AlertRulesProps) {
    super(scope, id);
    new ApiObject(this, 'Resource', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name, ...(labels ? { labels } : {}) },
      spec: { groups },
    });
  }
}
