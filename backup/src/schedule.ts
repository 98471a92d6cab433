// When backups were due, and which of those times had none. Pure: a schedule, runs and two moments in.
import { Cron } from 'croner';

import type { KnownRun } from './run-notes.ts';

/** As a CronJob says it. */
export interface Schedule {
  /** Five fields. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
}

export interface MissedOptions {
  readonly schedule: Schedule;
  readonly runs: readonly KnownRun[];
  /** Due times after this moment count, in milliseconds since 1970. */
  readonly after: number;
  /** Due times up to this moment count; by then their backups should be there. */
  readonly until: number;
}

/* Every minute for two days, or every night for eight years. */
const maxTimes = 3_000;

/** Undefined when the text is a schedule, else what is wrong with it. */
export function scheduleProblem({ cron, timeZone }: Schedule): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return 'has to have five fields, such as "15 2 * * *"';
  try {
    new Cron(cron, { timezone: timeZone, paused: true }).nextRun();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Due times for which no set was published before the next one was due. */
export function missedSchedules({ schedule, runs, after, until }: MissedOptions): readonly number[] {
  const published = runs.filter(({ kind }) => kind === 'published').map((run) => run.startedAt);
  const due = dueTimes(schedule, after, until);
  return due.filter((at, index) => {
    const next = due[index + 1] ?? Number.POSITIVE_INFINITY;
    return !published.some((startedAt) => startedAt >= at && startedAt < next);
  });
}

function dueTimes({ cron, timeZone }: Schedule, after: number, until: number): readonly number[] {
  const job = new Cron(cron, { timezone: timeZone, paused: true });
  const times: number[] = [];
  let at = job.nextRun(new Date(after));
  while (at !== null && at.getTime() <= until && times.length < maxTimes) {
    times.push(at.getTime());
    at = job.nextRun(at);
  }
  return times;
}
