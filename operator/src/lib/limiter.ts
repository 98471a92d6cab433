// At most so many at a time: the others wait in the order in which they came.

export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs work, `max` pieces of it at a time. How many may wait is for whoever asks to bound. */
export function createLimiter(max: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // The place of one that has ended is handed to the next, so that nobody slips in between.
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
