// Runs a backup and kills its own process at the step named by the first argument.
import { parseConfig } from '../../backup/src/config.ts';
import { openTargets } from '../../backup/src/open-targets.ts';
import { runBackup } from '../../backup/src/run-backup.ts';

const fatalStep = process.argv[2];

const onStep = async (step: string): Promise<void> => {
  if (step !== fatalStep) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal comes by itself; nothing of the step may happen until then.
  await new Promise(() => undefined);
};
const config = parseConfig(process.env, () => 'cafe');

const [{ target, keep }] = await openTargets(config, onStep);

await runBackup({ config, target, keep, now: () => new Date(), onStep });
