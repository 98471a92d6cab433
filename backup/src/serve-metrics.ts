// `backup serve-metrics`: looks at the target at intervals and answers Prometheus from what it saw.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { observeState } from './backup-state.ts';
import type { BackupState } from './backup-state.ts';
import { metricsOf, renderMetrics } from './metrics-page.ts';
import { missedSchedules } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { answersWithin } from './stall.ts';
import type { Target } from './target.ts';

export interface ExporterConfig {
  readonly port: number;
  readonly refreshMs: number;
  /** Undefined: missed schedules are not counted. */
  readonly schedule: Schedule | undefined;
  /** How long after its time a backup may be there at the latest. */
  readonly graceMs: number;
  readonly stallMs: number;
}

export interface ExporterOptions {
  readonly target: Target;
  readonly config: ExporterConfig;
  readonly now: () => number;
}

/** Watches a target. Each look is bounded in time, and a failed one keeps the numbers of the last. */
export class Exporter {
  private readonly options: ExporterOptions;
  private readonly startedAt: number;
  private state: BackupState | undefined;
  private isReadable = false;
  private missed = 0;
  /** Due times up to here have been counted. */
  private countedUntil: number | undefined;
  private looking: Promise<void> | undefined;

  constructor(options: ExporterOptions) {
    this.options = options;
    this.startedAt = options.now();
  }

  page(): string {
    const { schedule } = this.options.config;
    const missed = schedule === undefined || this.countedUntil === undefined ? undefined : this.missed;
    return renderMetrics(
      metricsOf({ state: this.state, isReadable: this.isReadable, missedSchedules: missed }),
    );
  }

  /** Never throws. A look that hangs is not joined by a second one. */
  async look(): Promise<void> {
    const { target, config } = this.options;
    this.looking ??= this.observe().finally(() => {
      this.looking = undefined;
    });
    try {
      await answersWithin(this.looking, { ms: config.stallMs, what: target.name });
      this.isReadable = true;
    } catch {
      this.isReadable = false;
    }
  }

  private async observe(): Promise<void> {
    const state = await observeState(this.options.target);
    this.state = state;
    this.countMissed(state);
  }

  private countMissed({ runs }: BackupState): void {
    const { config, now } = this.options;
    if (config.schedule === undefined) return;
    const until = now() - config.graceMs;
    // Of the time before us, what there is to know: from the first run on.
    const after = this.countedUntil ?? Math.min(runs[0]?.startedAt ?? this.startedAt, this.startedAt) - 1;
    if (until <= after) {
      this.countedUntil ??= after;
      return;
    }
    this.missed += missedSchedules({ schedule: config.schedule, runs, after, until }).length;
    this.countedUntil = until;
  }
}

/** Serves until the process ends. Resolves with the port once it listens. */
export async function serveMetrics(options: ExporterOptions): Promise<number> {
  const exporter = new Exporter(options);
  const server = createServer((request, response) => {
    const isKnown = ['/metrics', '/livez', '/readyz'].includes(request.url ?? '');
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(request.url === '/metrics' ? exporter.page() : isKnown ? 'ok\n' : 'not found\n');
  });
  await exporter.look();
  setInterval(() => void exporter.look(), options.config.refreshMs);
  await new Promise<void>((resolve) => void server.listen(options.config.port, resolve));
  return (server.address() as AddressInfo).port;
}
