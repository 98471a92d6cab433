import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nodeProblems, type NodeView } from './region-nodes.ts';

const node = (zone: string | undefined, over: Partial<NodeView> = {}): NodeView => ({
  metadata: { name: `node-${zone}`, labels: zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone } },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
  ...over,
});
const DECLARED = ['eu-a', 'eu-b'];
const lost = { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } };
const cordoned = { spec: { unschedulable: true } };
const tainted = { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } };

describe('the nodes of a region', () => {
  it('D1: are enough where pods can be placed in every zone that is declared', () => {
    expect(nodeProblems([node('eu-a'), node('eu-b'), node('eu-c')], DECLARED)).toEqual([]);
    expect(nodeProblems([node(undefined)], [])).toEqual([]);
  });

  const ONLY_A = ['pods can be placed in 1 zone (eu-a)', 'no ready node in eu-b; there are eu-a'];

  it.each<readonly [string, readonly NodeView[], readonly string[]]>([
    ['one zone', [node('eu-a'), node('eu-a')], ONLY_A],
    ['a zone that is lost', [node('eu-a'), node('eu-b', lost)], ONLY_A],
    ['a zone that takes no pods', [node('eu-a'), node('eu-b', tainted)], ONLY_A],
    ['a cordoned zone', [node('eu-a'), node('eu-b', cordoned)], ONLY_A],
    [
      'no labels',
      [node(undefined)],
      ['pods can be placed in no zone', 'no ready node in eu-a, eu-b; there are none'],
    ],
    ['other zones', [node('eu-a'), node('eu-x')], ['no ready node in eu-b; there are eu-a, eu-x']],
  ])('D1: are not with %s', (...[, nodes, want]) => {
    expect(nodeProblems(nodes, DECLARED).map(({ problem }) => problem)).toEqual(want);
  });
});

describe('npm run preflight', () => {
  const run = (args: readonly string[], input: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
      input,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    return { status, output: stdout + stderr };
  };
  const nodes = (...zones: readonly string[]) => JSON.stringify({ items: zones.map((zone) => node(zone)) });

  it('D1: refuses a region whose nodes are all in one zone', () => {
    const { status, output } = run(['prod-us'], nodes('us-a', 'us-a'));
    expect(status).toBe(1);
    expect(output).toContain('prod-us: nodes: pods can be placed in 1 zone (us-a). Add ready nodes with the label');
  });

  it('ends with 0 for a region that is as declared', () => {
    expect(run(['prod-us'], nodes('us-a', 'us-b'))).toEqual({ status: 0, output: 'prod-us: zones us-a, us-b\n' });
  });

  it.each([
    [['nowhere'], '{}', 'preflight: name an environment.'],
    [['prod-us'], 'Error from server', 'preflight: cannot read nodes'],
    [['prod-us'], '{}', 'preflight: cannot read nodes (no list of nodes)'],
  ])('with %j ends with 2 and says why', (args, input, why) => {
    const { status, output } = run(args, input);
    expect(status).toBe(2);
    expect(output).toContain(why);
  });
});
