// What a command tells the shell. Scripts rely on these: they never change meaning.

export const EXIT = {
  /** Done, or what was waited for is so. */
  ok: 0,
  /** Wrong arguments, no connection, not allowed, or the operator refused. */
  failed: 1,
  /** `wait`: the release ended or stands otherwise: rolled back, degraded or blocked. */
  notReached: 2,
  /** `wait`: the time is over. */
  timeout: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
