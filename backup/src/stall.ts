// Giving up on what does not answer, such as a volume whose NFS server is gone. The call itself cannot be
// taken back: it keeps a thread until the server is there again, so the process has to end afterwards.

/** Something has not answered for too long. */
export class StallError extends Error {
  override readonly name = 'StallError';
}

export interface Limit {
  readonly ms: number;
  /** For the message. */
  readonly what: string;
}

/** Rejects with StallError when the work takes longer. */
export async function answersWithin<T>(work: Promise<T>, { ms, what }: Limit): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(stalled({ ms, what })), ms);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function stalled({ ms, what }: Limit): StallError {
  return new StallError(
    `${what} has not answered for ${ms / 1_000} s: look whether its server can be reached (BACKUP_STALL_SECONDS)`,
  );
}
