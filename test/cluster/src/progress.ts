// How long-running work is told to whoever waits: one line per step. Rendering is pure; a terminal
// gets a live line, everything else plain lines.

/** Listener for steps of work. Steps may overlap. */
export type Progress = {
  /** Runs the work and reports its beginning and end. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
  /** One line of its own, for example "installing these Debian packages". */
  note(line: string): void;
};

export const silentProgress: Progress = { step: (_label, work) => work(), note: () => undefined };

export type RunningStep = { readonly label: string; readonly startedAtMs: number };

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 120;

/** Seconds with one digit below a minute, then minutes and seconds. */
export const renderDuration = (durationMs: number): string => {
  const seconds = durationMs / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
};

/** The line of a finished step. */
export const renderFinished = (label: string, durationMs: number, ok: boolean): string =>
  `${ok ? '✓' : '✗'} ${label.padEnd(60)} ${renderDuration(durationMs).padStart(10)}`;

/** The live line: a spinner and the running steps, cut to the width of the terminal. */
export const renderRunning = (steps: readonly RunningStep[], nowMs: number, columns: number): string => {
  const frame = FRAMES[Math.floor(nowMs / FRAME_MS) % FRAMES.length] ?? '';
  const all = steps.map((step) => `${step.label} ${renderDuration(nowMs - step.startedAtMs)}`);
  const line = `${frame} ${all.join(', ')}`;
  return line.length > columns - 1 ? `${line.slice(0, Math.max(0, columns - 2))}…` : line;
};

type Output = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };

const CLEAR_LINE = '\r\u001B[2K';

/** Progress on a terminal or a pipe. */
export const createProgress = (output: Output): Progress => {
  const running = new Set<RunningStep>();
  const isLive = output.isTTY === true;
  let timer: NodeJS.Timeout | undefined;
  const redraw = (): void => {
    if (!isLive) return;
    const live = running.size === 0 ? '' : renderRunning([...running], Date.now(), output.columns ?? 80);
    output.write(`${CLEAR_LINE}${live}`);
  };
  const begin = (step: RunningStep): void => {
    running.add(step);
    if (isLive && timer === undefined) timer = setInterval(redraw, FRAME_MS).unref();
    if (!isLive) output.write(`… ${step.label}\n`);
  };
  const line = (text: string): void => {
    output.write(`${isLive ? CLEAR_LINE : ''}${text}\n`);
    redraw();
  };
  const end = (step: RunningStep, ok: boolean): void => {
    running.delete(step);
    if (running.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    line(renderFinished(step.label, Date.now() - step.startedAtMs, ok));
  };
  return {
    note: line,
    step: async (label, work) => {
      const step = { label, startedAtMs: Date.now() };
      begin(step);
      try {
        const result = await work();
        end(step, true);
        return result;
      } catch (error) {
        end(step, false);
        throw error;
      }
    },
  };
};
