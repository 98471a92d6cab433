// A thousand releases and one operator: at rest, when 200 of them change at once, and after a restart.
import type { Bench, Size } from '../bench.ts';
import { APP_RELEASE } from '../../../operator/src/controller/resources.ts';
import { createFleet } from '../lab/fleet.ts';
import { atOnce } from './at-once.ts';
import { idle } from './idle.ts';
import { restart } from './restart.ts';

const SIZES: Readonly<Record<Size, { few: number; many: number; changed: number; windowMs: number }>> = {
  full: { few: 200, many: 1000, changed: 200, windowMs: 60_000 },
  small: { few: 20, many: 60, changed: 12, windowMs: 10_000 },
};

export const fleet: Bench = {
  name: 'fleet',
  what: 'a thousand releases: idle, restarted, 200 of them changed at once',
  run: (lab, size) =>
    lab.inNamespace('fleet', async (site) => {
      const { few, many, changed, windowMs } = SIZES[size];
      const releases = await site.watch(APP_RELEASE);
      const ships = createFleet(site, releases);
      const first = site.startOperator('first');
      await first.said('leading');
      await ships.growTo(few);
      const idleFew = await idle({ site, operator: first, releases: few, windowMs });
      await ships.growTo(many);
      const idleMany = await idle({ site, operator: first, releases: many, windowMs });
      await first.stop();
      const restarted = await restart({ site, fleet: ships, windowMs: windowMs / 2 });
      const idleAgain = await idle({ site, operator: restarted.operator, releases: many, windowMs });
      const busy = await atOnce({ site, fleet: ships, operator: restarted.operator, changed });
      return [
        ...idleFew, ...idleMany, ...restarted.figures,
        ...idleAgain.map((figure) => ({ ...figure, what: `after the restart, ${figure.what}` })),
        ...busy,
      ];
    }),
};
