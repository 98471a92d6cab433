import { describe, expect, it } from '@jest/globals';

import { nodePaths, renderContainerd, renderKubelet, renderPodNetwork, renderProxy } from './config.ts';
import { networkCommands } from './network.ts';
import { missingPackages } from './packages.ts';
import { planNode } from './plan.ts';

const plan = planNode(3);
const paths = nodePaths('/c/state/x/n1', '/c/state/x/pki', '/usr/lib/cni');

describe('a node', () => {
  it('keeps everything it writes in its own folder', () => {
    const texts = [renderContainerd(paths), renderPodNetwork(paths), renderKubelet(plan, paths)];
    const allowed = /^(\/c\/state\/x\/|\/usr\/lib\/cni|\/sw3-n1$|\/16|\/24|\/0$)/;
    const written = texts.flatMap((text) => text.match(/"(unix:\/\/)?\/[^"]*"/g) ?? []);
    expect(written.length).toBeGreaterThan(8);
    for (const path of written) expect(path.replaceAll(/"|unix:\/\//g, '')).toMatch(allowed);
  });

  it('puts pods in its own control group, with the driver containerd uses', () => {
    expect(JSON.parse(renderKubelet(plan, paths))).toMatchObject({
      cgroupRoot: '/sw3-n1', cgroupDriver: 'cgroupfs', failCgroupV1: false,
    });
    expect(renderContainerd(paths)).toContain('SystemdCgroup = false');
  });

  it('never lowers an out-of-memory score, which needs a right that root may lack', () => {
    expect(renderContainerd(paths)).toContain('restrict_oom_score_adj = true');
  });

  it('needs no iptables', () => {
    expect(JSON.parse(renderPodNetwork(paths))).toMatchObject({ plugins: [{ type: 'bridge', ipMasq: false }, {}] });
    expect(JSON.parse(renderProxy(plan, '/k'))).toMatchObject({ mode: 'nftables' });
    expect(JSON.parse(renderKubelet(plan, paths))).toMatchObject({ makeIPTablesUtilChains: false });
  });

  it('takes the name of its cluster\'s number everywhere on the host', () => {
    const host = networkCommands(plan).find(({ netns }) => netns === undefined);
    for (const line of host?.lines ?? []) expect(line).toMatch(/sw3-/);
    expect(planNode(4)).not.toMatchObject({ subnet: plan.subnet });
    expect(() => planNode(256)).toThrow('0 to 255');
  });

  it('asks for the packages that are not there', () => {
    const packages = { runc: ['/usr/sbin/runc', '/usr/bin/runc'], nftables: ['/usr/sbin/nft'] };
    expect(missingPackages(packages, (path) => path === '/usr/bin/runc')).toEqual(['nftables']);
    expect(missingPackages(packages, () => true)).toEqual([]);
  });
});
