// What a process has used, as the kernel counts it.
import { readFileSync } from 'node:fs';

export type Usage = {
  readonly residentMebibytes: number;
  /** User and system time since its start, in seconds. */
  readonly cpuSeconds: number;
};

/** Ticks of /proc: 100 a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** @throws when the process has ended. */
export const usageOf = (pid: number): Usage => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  // Fields are counted after the name, which may hold anything but ends with the last bracket.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { residentMebibytes: resident / 1024, cpuSeconds: ticks / TICKS_PER_SECOND };
};
