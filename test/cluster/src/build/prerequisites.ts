// What the machine must have. Each check names the missing thing and how to get it.

import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Absolute path of a program on the search path, or undefined. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** @throws Error when the program is not on the search path. */
export const requireProgram = (name: string, remedy: string): string => {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`"${name}" is missing: install ${remedy}`);
  return path;
};

/** @throws Error when the operating system is not Linux. */
export const requireLinux = (): void => {
  if (process.platform !== 'linux') {
    throw new Error(`the built-in cluster runs on Linux only, this is ${process.platform}: start Docker and use kind`);
  }
};

/** @throws Error when the process may not create network namespaces. */
export const requireRoot = (): void => {
  if (process.getuid?.() !== 0) {
    throw new Error('the built-in node needs root (namespaces, mounts, cgroups): run with sudo, or start Docker and use kind');
  }
};

/** @throws Error when fewer gigabytes are free than a build may take. */
export const requireFreeDisk = (folder: string, gigabytes: number): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytes) {
    throw new Error(`${gigabytes} GB of free disk are needed at ${folder}, there are ${free.toFixed(1)}`);
  }
};
