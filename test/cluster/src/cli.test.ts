import { describe, expect, it } from '@jest/globals';

import { parseCommand } from './cli.ts';

describe('the command line', () => {
  it('starts the real node unless told otherwise', () => {
    expect(parseCommand(['up'])).toEqual({ kind: 'up', tier: 'node', name: 'slipway', withTraefik: false, engine: 'auto' });
    expect(parseCommand(['up', '--tier', 'api', '--name', 'x'])).toMatchObject({ tier: 'api', name: 'x' });
    expect(parseCommand(['up', '--traefik', '--engine=built-in'])).toMatchObject({ withTraefik: true, engine: 'built-in' });
    expect(parseCommand([])).toEqual({ kind: 'help' });
  });

  it.each([
    [['up', '--tier', 'moon'], '--tier is node or api'],
    [['up', '--engine', 'podman'], '--engine is auto, built-in or kind'],
    [['away'], 'no command "away"'],
    [['up', 'down'], 'one command at a time'],
    [['up', '--colour'], 'colour'],
  ])('refuses %j', (args, want) => {
    expect(() => parseCommand(args)).toThrow(want);
  });
});
