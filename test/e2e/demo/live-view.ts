// What one sees while a release runs: a line per second on a terminal, a line per change elsewhere.
import type { AppReleaseStatus } from '../../../operator/src/api/app-release-status.ts';
import type { LoadSnapshot } from '../../load/load.ts';

export interface View {
  readonly scenario: string;
  readonly elapsedSeconds: number;
  readonly status: AppReleaseStatus;
  /** Present weight of the route. */
  readonly weight: number;
  readonly load: { readonly requests: number; readonly failed: number; readonly p99Ms: number };
}

const BAR_WIDTH = 20;

/** "12 s  ███░░░░░ 25 %  step 3/5  412 requests, 0 failed  <message>" */
export function renderLine({ elapsedSeconds, status, weight, load }: View): string {
  const filled = Math.round((weight / 100) * BAR_WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  const seconds = `${elapsedSeconds.toFixed(0).padStart(4)} s`;
  const share = `${String(weight).padStart(3)} %`;
  const users = `${load.requests} requests, ${load.failed} failed`;
  return `${seconds}  ${bar} ${share}  ${(status.phase ?? '').padEnd(11)} ${users.padEnd(26)} ${status.message ?? ''}`;
}

/** What users saw since `before`. */
export function loadSince(before: LoadSnapshot, now: LoadSnapshot): View['load'] {
  return { requests: now.requests - before.requests, failed: now.failed - before.failed, p99Ms: now.p99Ms };
}

export interface LiveOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Redraws one line on a terminal; elsewhere prints a line whenever the story goes on. */
export function createLiveView(output: LiveOutput): { show(view: View): void; end(): void } {
  let last = '';
  return {
    show(view) {
      const line = renderLine(view);
      if (output.isTTY) {
        output.write(`\r\u001B[2K${line.slice(0, (output.columns ?? 120) - 1)}`);
      }
      const story = `${view.status.phase} ${view.weight} ${storyOf(view.status.message ?? '')}`;
      if (story === last) return;
      last = story;
      output.write(output.isTTY ? `\r\u001B[2K${line}\n` : `${line}\n`);
    },
    end: () => void (output.isTTY && output.write('\r\u001B[2K')),
  };
}

/* Numbers move all the time; the story is what is left without them. */
function storyOf(message: string): string {
  return message.replace(/[\d.,]+/g, '#');
}
