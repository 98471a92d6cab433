// The program asks for the newest migration it was committed with.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from '@jest/globals';

import { requiredMigration } from './required-schema.ts';

it('requires the newest committed migration', () => {
  const entries = readdirSync(join(import.meta.dirname, '../../../prisma/migrations'), {
    withFileTypes: true,
  });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(requiredMigration).toBe(names.toSorted().at(-1));
});
