// One control group per node, in which the kubelet puts its pods. Works with the hierarchies of
// cgroup v1 and with the single one of v2.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { waitFor } from '../process/wait.ts';

const ROOT = '/sys/fs/cgroup';
const V1_CONTROLLERS = [
  'cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd', 'hugetlb',
  'net_cls', 'net_prio', 'perf_event', 'rdma', 'misc',
];
const V2_CONTROLLERS = ['cpu', 'cpuset', 'io', 'memory', 'pids', 'hugetlb'];

export const hasUnifiedHierarchy = (): boolean => existsSync(join(ROOT, 'cgroup.controllers'));

/*
 * The group stands for a whole machine. With the share of a single process, all pods together would
 * starve beside a few busy programs of the host, and probes would fail for no fault of the pods.
 */
const MACHINE_SHARE = 16;
const V1_SHARES_OF_ONE = 1024;
const V2_WEIGHT_OF_ONE = 100;

export const createCgroups = (name: string): void => {
  if (hasUnifiedHierarchy()) createUnified(name);
  else for (const controller of V1_CONTROLLERS) createOne(controller, name);
  setShare(join(ROOT, 'cpu', name, 'cpu.shares'), MACHINE_SHARE * V1_SHARES_OF_ONE);
  setShare(join(ROOT, name, 'cpu.weight'), MACHINE_SHARE * V2_WEIGHT_OF_ONE);
};

const setShare = (file: string, share: number): void => {
  if (existsSync(file)) writeFileSync(file, String(share));
};

const createOne = (controller: string, name: string): void => {
  const parent = join(ROOT, controller);
  if (!existsSync(parent)) return;
  const group = join(parent, name);
  mkdirSync(group, { recursive: true });
  if (controller !== 'cpuset') return;
  // An empty set of processors refuses every process.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    writeFileSync(join(group, file), readFileSync(join(parent, file)));
  }
};

const createUnified = (name: string): void => {
  mkdirSync(join(ROOT, name), { recursive: true });
  const there = readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ');
  for (const controller of V2_CONTROLLERS.filter((wanted) => there.includes(wanted))) {
    for (const group of [ROOT, join(ROOT, name)]) {
      writeFileSync(join(group, 'cgroup.subtree_control'), `+${controller}`);
    }
  }
};

/** Removes the groups of this name from all hierarchies; their processes have been killed before. */
export const removeCgroups = async (name: string): Promise<void> => {
  const groups = [ROOT, ...readdirSync(ROOT).map((entry) => join(ROOT, entry))]
    .map((parent) => join(parent, name))
    .filter((group) => existsSync(group));
  for (const group of groups) {
    // The kernel lets go of killed processes a few milliseconds later.
    await waitFor({
      what: `control group ${group} to become empty`,
      deadlineMs: 10_000,
      everyMs: 20,
      check: () => {
        removeDeep(group);
        return true;
      },
    });
  }
};

const removeDeep = (group: string): void => {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeDeep(join(group, entry.name));
  }
  rmdirSync(group);
};
