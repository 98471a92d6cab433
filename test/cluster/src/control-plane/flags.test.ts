import { describe, expect, it } from '@jest/globals';

import { apiServerArgs, controllerManagerArgs, etcdArgs, renderAuditPolicy } from './flags.ts';
import type { ControlPlaneLayout } from './flags.ts';

const layout: ControlPlaneLayout = {
  stateDir: '/s', logDir: '/l', pkiDir: '/s/pki', bindAddress: '127.0.0.1', advertiseAddress: '127.0.0.1',
  apiPort: 1, etcdClientPort: 2, etcdPeerPort: 3, nodes: 'fake',
};

describe('flags of the control plane', () => {
  it('keep etcd and the API server of the API tier on loopback', () => {
    const all = [...etcdArgs(layout), ...apiServerArgs(layout), ...controllerManagerArgs(layout)];
    const addresses = all.filter((arg) => /^--(listen|bind|advertise)/.test(arg));
    expect(addresses.length).toBeGreaterThan(4);
    for (const address of addresses) expect(address).toContain('127.0.0.1');
  });

  it('give pods addresses only where nodes are real', () => {
    expect(controllerManagerArgs(layout)).toContain('--allocate-node-cidrs=false');
    expect(controllerManagerArgs({ ...layout, nodes: 'real' })).toContain('--cluster-cidr=10.244.0.0/16');
    expect(apiServerArgs(layout)).toContain('--endpoint-reconciler-type=none');
    expect(apiServerArgs({ ...layout, nodes: 'real' })).not.toContain('--endpoint-reconciler-type=none');
  });

  it('write an audit log only when asked, one event per answered request', () => {
    expect(apiServerArgs(layout).join(' ')).not.toContain('audit');
    const audited = apiServerArgs({ ...layout, audit: { path: '/a.log', level: 'Metadata' } });
    expect(audited).toContain('--audit-log-path=/a.log');
    expect(JSON.parse(renderAuditPolicy('Metadata'))).toMatchObject({
      rules: [{ level: 'Metadata' }], omitStages: ['RequestReceived', 'ResponseStarted'],
    });
  });
});
