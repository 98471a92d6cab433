import { describe, expect, it } from '@jest/globals';
import { parseArguments } from './arguments.ts';

const parse = (...argv: string[]) =>
  parseArguments(argv, { POD_NAME: 'slipway-0', POD_NAMESPACE: 'system' }, 'abc');

describe('the command line', () => {
  it('needs nothing', () => {
    expect(parse()).toEqual({
      namespaces: [],
      instance: 'slipway',
      leaseNamespace: 'system',
      identity: 'slipway-0_abc',
      healthPort: 8080,
      metricsPort: 9464,
      logLevel: 'info',
      scrapeThrough: 'pods',
      queryLoopback: 'refused',
    });
  });

  it('names namespaces, instance, ports and files', () => {
    expect(
      parse(
        '--namespaces',
        'a, b,,c',
        '--instance',
        'blue',
        '--health-port',
        '0',
        '--kubeconfig',
        '/tmp/k',
        '--lease-namespace',
        'l',
      ),
    ).toMatchObject({
      namespaces: ['a', 'b', 'c'],
      instance: 'blue',
      healthPort: 0,
      kubeconfigPath: '/tmp/k',
      leaseNamespace: 'l',
    });
  });

  it('lets queries ask the own machine only when it is told to', () => {
    expect(parse('--allow-loopback-queries')).toMatchObject({ queryLoopback: 'allowed' });
  });

  it('reads pages through the API server when it is told to', () => {
    expect(parse('--scrape-through', 'api-server')).toMatchObject({ scrapeThrough: 'api-server' });
  });

  it('takes KUBECONFIG where no flag says otherwise', () => {
    expect(parseArguments([], { KUBECONFIG: '/env' }, 'x')).toMatchObject({
      kubeconfigPath: '/env',
      leaseNamespace: 'default',
      identity: 'operator_x',
    });
  });

  it.each([
    [['--instance', 'Blue'], '--instance "Blue"'],
    [['--instance', 'a'.repeat(43)], 'at most 42'],
    [['--health-port', '70000'], '--health-port "70000"'],
    [['--metrics-port', 'x'], '--metrics-port "x"'],
    [['--scrape-through', 'tunnel'], '--scrape-through "tunnel" must be pods or api-server'],
    [['--log-level', 'loud'], '--log-level "loud"'],
    [['--colour'], '--colour'],
  ])('refuses %j and says why', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
