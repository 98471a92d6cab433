// The load from a shell: seeds, runs for a while, audits, prints JSON. Exits 1 unless it was clean.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { runLoad } from './load.ts';
import { seedLedger } from './seed.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'http://127.0.0.1:8080' },
    host: { type: 'string' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    accounts: { type: 'string', default: '50' },
    'hold-share': { type: 'string', default: '0' },
    'max-in-flight': { type: 'string', default: '100' },
  },
});
const address = {
  target: values.target,
  ...(values.host === undefined ? {} : { hostHeader: values.host }),
};
const ledger = await seedLedger(address, {
  accounts: Number(values.accounts),
  fundsEach: 1_000_000,
});
const load = runLoad({
  ...address,
  ledger,
  ratePerSecond: Number(values.rate),
  maxInFlight: Number(values['max-in-flight']),
  holdShare: Number(values['hold-share']),
});
await sleep(Number(values.seconds) * 1_000);
const figures = await load.stop();
const audit = await load.audit();
console.log(
  JSON.stringify(
    { figures, audit },
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  ),
);
process.exitCode = audit.kind === 'clean' && figures.failed === 0 ? 0 : 1;
