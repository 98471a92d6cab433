// Alerts under promtool, which computes rules over made-up series as a server would: does this alert
// fire at that minute?
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuleGroup } from '../../charts-ts/src/alerts/rule-group.ts';
import { findPromtool, prometheusInstallHint } from '../../tools/setup/prometheus.ts';

export interface RuleCase {
  readonly name: string;
  /** Series to their values, one for each step, as promtool writes them: `0+5x60`. */
  readonly series: Readonly<Record<string, string>>;
  /** Minutes between two values. @default 1 */
  readonly stepMinutes?: number;
  /** The minute at which it is asked. */
  readonly atMinute: number;
  /** `alert severity` of each alert that fires then. */
  readonly firing: readonly string[];
}

export interface PromtoolResult {
  readonly ok: boolean;
  readonly output: string;
}

/** What promtool says of the rules alone. */
export function checkRules(groups: readonly RuleGroup[]): PromtoolResult {
  return withFiles({ 'rules.yml': { groups } }, ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yml']);
}

/** What promtool says of one case. */
export function testRules(groups: readonly RuleGroup[], one: RuleCase): PromtoolResult {
  const { name, series, stepMinutes = 1, atMinute, firing } = one;
  const test = {
    name,
    interval: `${stepMinutes}m`,
    input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
        eval_time: `${atMinute}m`,
        exp_samples: firing.map((alert) => ({ labels: labelsOf(alert), value: 1 })),
      },
    ],
  };
  const files = {
    'rules.yml': { groups },
    'tests.yml': { rule_files: ['rules.yml'], evaluation_interval: `${stepMinutes}m`, tests: [test] },
  };
  return withFiles(files, ['test', 'rules', 'tests.yml']);
}

function labelsOf(alert: string): string {
  const [name = '', severity = ''] = alert.split(' ');
  return `{alertname="${name}", severity="${severity}"}`;
}

/* JSON is YAML. */
function withFiles(files: Readonly<Record<string, object>>, args: readonly string[]): PromtoolResult {
  const promtool = findPromtool();
  if (promtool === undefined) throw new Error(`these tests need promtool: ${prometheusInstallHint}`);
  const cwd = mkdtempSync(join(tmpdir(), 'slipway-promtool-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(cwd, name), JSON.stringify(content));
    }
    return { ok: true, output: execFileSync(promtool, args, { cwd, encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (stdout === undefined) throw error;
    return { ok: false, output: `${stdout}${stderr}` };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}
