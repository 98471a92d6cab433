import { describe, expect, it } from '@jest/globals';

import { buildKey, builtName } from './go-build.ts';
import { GO_GROUPS, groupOf } from './go-groups.ts';

describe('builds from Go modules', () => {
  const { kubernetes, kwok } = GO_GROUPS;

  it('change when flags, sources, versions or the toolchain do, and not with the place of the repository', () => {
    const key = buildKey(kubernetes, 'go1.26', ['go.mod']);
    expect(buildKey({ ...kubernetes, source: { kind: 'module', dir: '/elsewhere' } }, 'go1.26', ['go.mod'])).toBe(key);
    expect(buildKey(kubernetes, 'go1.27', ['go.mod'])).not.toBe(key);
    expect(buildKey(kubernetes, 'go1.26', ['go.mod changed'])).not.toBe(key);
    expect(buildKey({ ...kubernetes, ldflags: '' }, 'go1.26', ['go.mod'])).not.toBe(key);
    const other = { ...kwok, source: { kind: 'install', version: 'v9' } } as const;
    expect(buildKey(other, 'go1.26', [])).not.toBe(buildKey(kwok, 'go1.26', []));
  });

  it('find the file Go has written', () => {
    expect(builtName('go.etcd.io/etcd/server/v3')).toBe('server');
    expect(builtName('k8s.io/kubernetes/cmd/kubelet')).toBe('kubelet');
    expect(builtName('github.com/traefik/traefik/v3/cmd/traefik')).toBe('traefik');
  });

  it('stamp the version that clients ask for', () => {
    expect(kubernetes.ldflags).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
    expect(kubernetes.ldflags).toContain('-X k8s.io/client-go/pkg/version.gitMinor=36');
  });

  it('know the group of each program', () => {
    expect(groupOf('etcd').name).toBe('kubernetes');
    expect(groupOf('kwok').name).toBe('kwok');
  });
});
