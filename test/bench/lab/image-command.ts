// How the operator's image starts it: what is measured is what is shipped.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { REPOSITORY } from '../../cluster/src/paths.ts';

export type ImageCommand = {
  /** Flags of Node before the program. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** @throws when the Dockerfile has no ENTRYPOINT that starts node. */
export const commandOfImage = (): ImageCommand => {
  const dockerfile = readFileSync(join(REPOSITORY, 'operator/Dockerfile'), 'utf8');
  const [, words] = /^ENTRYPOINT \[(.*)\]$/m.exec(dockerfile) ?? [];
  const [node, ...rest] = (words ?? '').split(',').map((word) => word.trim().replaceAll('"', ''));
  if (node !== 'node') throw new Error('operator/Dockerfile: no ENTRYPOINT that starts node');
  const [, settings] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
  const pairs = [...(settings ?? '').matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)];
  return {
    flags: rest.slice(0, -1),
    env: Object.fromEntries(pairs.map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? ''])),
  };
};
