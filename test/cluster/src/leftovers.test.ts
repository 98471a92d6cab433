import { describe, expect, it } from '@jest/globals';

import { findLeftovers, isNaming, mountsUnder } from './leftovers.ts';

describe('leftovers', () => {
  const mountinfo = [
    '30 1 254:0 / / rw - ext4 /dev/vda rw',
    '99 30 0:44 / /cache/state/slipway/n1/run/a rw - overlay overlay rw',
    '98 30 0:45 / /cache/state/slipway rw - tmpfs tmpfs rw',
    '97 30 0:46 / /cache/state/slipway-two/x rw - tmpfs tmpfs rw',
    String.raw`96 30 0:47 / /cache/state/slipway/my\040volume rw - tmpfs tmpfs rw`,
    '',
  ].join('\n');

  it('finds mounts at and below the folder, and not beside it', () => {
    expect(mountsUnder(mountinfo, '/cache/state/slipway')).toEqual([
      '/cache/state/slipway/n1/run/a', '/cache/state/slipway', '/cache/state/slipway/my volume',
    ]);
  });

  it('tells the programs of a cluster from its clients', () => {
    const folder = '/cache/state/slipway';
    expect(isNaming('etcd --data-dir=/cache/state/slipway/etcd', folder)).toBe(true);
    expect(isNaming('etcd --data-dir=/cache/state/slipway-two/etcd', folder)).toBe(false);
    expect(isNaming('kubectl --kubeconfig=/cache/state/slipway/admin.kubeconfig get pods', folder)).toBe(false);
    expect(isNaming('kubelet --kubeconfig=/cache/state/slipway/kubelet.kubeconfig --root-dir=/cache/state/slipway/n1', folder)).toBe(true);
  });

  it('finds nothing of a cluster that never was', () => {
    expect(findLeftovers({ folder: '/no/such/folder', prefix: /^no-such-prefix-/ })).toEqual([]);
  });
});
