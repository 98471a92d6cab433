// Applies a migration as soon as its file is there, as the app is started again by its files.
import { watch } from 'node:fs';
import { join } from 'node:path';
import { migrateDatabase } from './app.ts';
import { REPOSITORY } from './dev-folder.ts';
import type { Processes, Say } from './processes.ts';

/* An editor writes a file in several steps. */
const quietMs = 500;

/** Watches `prisma/migrations` until this process ends. A migration that fails is told, and ends nothing. */
export function watchMigrations(processes: Processes, databaseUrl: string, say: Say): void {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const apply = (): void => {
    running = running
      .then(() => migrateDatabase(processes, databaseUrl))
      .catch((error: unknown) => say('slipway', error instanceof Error ? error.message : String(error)));
  };
  watch(join(REPOSITORY, 'prisma/migrations'), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(apply, quietMs);
  }).unref();
}
