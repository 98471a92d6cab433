// Waiting in tests for what real sockets do: looking again and again, never sleeping.

const GIVE_UP_AFTER_MS = 30_000;

/** Resolves when `holds`; fails the test when it still does not after half a minute. */
export async function eventually(holds: () => boolean, what = 'the condition'): Promise<void> {
  const startedMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedMs > GIVE_UP_AFTER_MS) throw new Error(`never held: ${what}`);
    await turn();
  }
}

/** Lets everything that is ready to run do so once, sockets included. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets things run for a while: for showing that something does NOT happen. */
export async function quiet(turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}
