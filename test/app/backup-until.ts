// Runs a backup and kills its own process at the step named by the first argument.
import { parseConfig } from '../../backup/src/config.ts';
import { runBackup } from '../../backup/src/run-backup.ts';

const fatalStep = process.argv[2];

await runBackup({
  config: parseConfig(process.env, () => 'cafe'),
  now: () => new Date(),
  onStep: async (step) => {
    if (step !== fatalStep) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal comes by itself; nothing of the step may happen until then.
    await new Promise(() => undefined);
  },
});
