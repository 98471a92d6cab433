import { describe, expect, it } from '@jest/globals';
import { REPLICA_SETS } from './cluster.ts';
import { COMMANDS } from './run.ts';
import { createFakeTerminal } from './testing/fake-terminal.ts';
import { HEALTHY, putRelease } from './testing/releases.ts';

const typed = (line: string, options = {}) => createFakeTerminal(options).type(line);

describe('help', () => {
  it('lists every command', async () => {
    const { out, code } = await typed('--help');
    expect(code).toBe(0);
    expect(COMMANDS.filter(({ name }) => !out.includes(`  ${name} `))).toEqual([]);
  });

  it.each(COMMANDS.map(({ name }) => name))('explains %s without a cluster', async (name) => {
    const seen = await typed(`${name} --help`, { env: {} });
    expect(seen).toMatchObject({ code: 0, err: '' });
    expect(seen.out).toContain(`Usage: kubectl slipway ${name}`);
    expect(seen.out).toContain('Examples:');
  });

  it('shows the commands and fails when none is named', async () => {
    expect(await typed('')).toMatchObject({ code: 1, out: expect.stringContaining('Commands:') });
  });
});

describe('wrong arguments', () => {
  const cases: Record<string, string> = {
    'rollback ledger': 'error: there is no command rollback; see kubectl slipway --help\n',
    'status --colour ledger': "error: Unknown option '--colour'; see kubectl slipway status --help\n",
    status: 'error: name a release: kubectl slipway status <release>\n',
    'status a b': 'error: name one release, not 2: a b\n',
    'wait ledger --for soon': 'error: --for: soon is none of healthy, rolledback, paused\n',
    'wait ledger --timeout soon':
      'error: --timeout: "soon" is not a duration; write it like 90s, 1m30s or 250ms\n',
    'status ledger --kubeconfig nowhere': 'error: --kubeconfig: there is no file nowhere\n',
    lint: 'error: name a file: kubectl slipway lint -f <file>\n',
  };
  it.each(Object.entries(cases))('%s', async (line, err) => {
    expect(await typed(line)).toMatchObject({ code: 1, out: '', err });
  });

  it('names the flag whose value is missing', async () => {
    expect((await typed('status ledger -n')).err).toMatch(/^error: .*-n, --namespace.*--help\n$/);
  });
});

describe('namespace', () => {
  const other = { '/other': 'current-context: a\ncontexts: [{ name: a, context: { cluster: c } }]' };
  const where = async (line: string, options = {}) => {
    const { err } = await typed(line, options);
    return /in namespace (\S+);/.exec(err)?.[1];
  };

  it('is that of the context, unless another is named', async () => {
    expect(await where('status nope')).toBe('bank');
    expect(await where('status nope -n shop')).toBe('shop');
  });
  it('is default where the context names none', async () => {
    expect(await where('status nope --kubeconfig /other', { files: other })).toBe('default');
    const env = { KUBECONFIG: '/other:/home/.kube/config' };
    expect(await where('status nope', { files: other, env })).toBe('default');
  });
  it("is the pod's own where there is no kubeconfig", async () => {
    const files = { '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'ci\n' };
    expect(await where('status nope', { files, env: {} })).toBe('ci');
  });
});

describe('answers of the API server', () => {
  it.each([
    [401, 'the API server does not know you'],
    [0, 'the API server cannot be reached'],
  ])('%d becomes a sentence', async (answer, sentence) => {
    const terminal = createFakeTerminal();
    terminal.failNext(answer);
    const seen = await terminal.type('status ledger');
    expect(seen.code).toBe(1);
    expect(seen.err).toContain(sentence);
  });
});

describe('status', () => {
  it('shows pods as their ReplicaSets count them', async () => {
    const terminal = createFakeTerminal();
    putRelease(terminal.store);
    terminal.store.put(REPLICA_SETS, {
      metadata: { namespace: 'bank', name: 'ledger-r7-77aa' },
      spec: { replicas: 2 },
      status: { readyReplicas: 1 },
    });
    const { out, code } = await terminal.type('status ledger');
    expect(code).toBe(0);
    expect(out).toContain('candidate  revision 7  1/2 ready');
  });

  it('goes on with --watch until Ctrl-C: lines elsewhere, a redrawn picture at a terminal', async () => {
    const meanwhile = (store: Parameters<typeof putRelease>[0], sleep: number) => {
      if (sleep === 2) putRelease(store, { status: HEALTHY });
    };
    const elsewhere = createFakeTerminal({ meanwhile, interruptAtSleep: 3 });
    putRelease(elsewhere.store);
    const lines = (await elsewhere.type('status ledger --watch')).out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(':')[0])).toEqual(['Progressing', 'Healthy']);

    const terminal = createFakeTerminal({ meanwhile, interruptAtSleep: 3, isTerminal: true });
    putRelease(terminal.store);
    const { out } = await terminal.type('status ledger -w');
    expect(out.split(`${String.fromCharCode(27)}[H`)).toHaveLength(4);
  });

  it('goes on watching when the API server does not answer for a moment', async () => {
    const terminal = createFakeTerminal({ interruptAtSleep: 2 });
    putRelease(terminal.store);
    terminal.failNext(503);
    const seen = await terminal.type('status ledger --watch');
    expect(seen.code).toBe(0);
    expect(seen.out).toMatch(/does not answer.*\nProgressing/);
  });

  it('has no colours where NO_COLOR is set', async () => {
    const terminal = createFakeTerminal({ isTerminal: true, env: { HOME: '/home', NO_COLOR: '1' } });
    putRelease(terminal.store);
    expect((await terminal.type('status ledger')).out).not.toContain(String.fromCharCode(27));
  });
});
