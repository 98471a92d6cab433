import { describe, expect, it } from '@jest/globals';
import { hasCurrentPorts, renderServiceSpec, selectedHash } from './services.ts';

const OWN = {
  clusterIP: '10.96.0.7',
  ports: [
    {
      name: 'http',
      port: 80,
      targetPort: 'web',
      protocol: 'TCP',
      nodePort: 30_080,
      appProtocol: 'http',
    },
    { port: 9090 },
  ],
  selector: { app: 'shop' },
};

describe('the stable and canary Services', () => {
  it('have the ports of the own Service, and nothing that the server chose for it', () => {
    expect(renderServiceSpec(OWN, { app: 'shop', 'pod-template-hash': 'abc' })).toEqual({
      type: 'ClusterIP',
      ports: [
        { name: 'http', port: 80, targetPort: 'web', protocol: 'TCP', appProtocol: 'http' },
        { port: 9090 },
      ],
      selector: { app: 'shop', 'pod-template-hash': 'abc' },
    });
  });

  it('are current while their ports are those, with what the server added', () => {
    const live = renderServiceSpec(OWN, {});
    expect(
      hasCurrentPorts(
        {
          ...live,
          ports: [
            { ...OWN.ports[0], extra: 1 },
            { port: 9090, protocol: 'TCP' },
          ],
        },
        OWN,
      ),
    ).toBe(true);
    expect(hasCurrentPorts({ ...live, ports: [{ port: 9090 }] }, OWN)).toBe(false);
    expect(
      hasCurrentPorts(
        { ...live, ports: [{ ...OWN.ports[0], targetPort: 8080 }, { port: 9090 }] },
        OWN,
      ),
    ).toBe(false);
  });

  it('tell the revision they name', () => {
    expect(selectedHash({ selector: { app: 'shop', 'pod-template-hash': 'abc' } })).toBe('abc');
    expect(selectedHash({ selector: { app: 'shop' } })).toBeUndefined();
    expect(selectedHash({})).toBeUndefined();
  });
});
