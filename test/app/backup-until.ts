// Runs a backup and kills its own process at the step named by the first argument.
import { parseConfig } from '../../backup/src/config.ts';
import { runBackup } from '../../backup/src/run-backup.ts';
import { openVolume } from '../../backup/src/volume-target.ts';

const fatalStep = process.argv[2];

const onStep = async (step: string): Promise<void> => {
  if (step !== fatalStep) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal comes by itself; nothing of the step may happen until then.
  await new Promise(() => undefined);
};
const config = parseConfig(process.env, () => 'cafe');

await runBackup({ config, target: openVolume(config.dir, onStep), now: () => new Date(), onStep });
