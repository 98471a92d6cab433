import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { lastWords, readable } from './last-words.ts';

const crashed = (message: string, over: object = {}) => ({
  status: {
    containerStatuses: [
      { name: 'app', lastState: { terminated: { exitCode: 1, message, ...over } } },
    ],
  },
});

describe('the last words of a crashed container', () => {
  it('are the end of what the kubelet kept', () => {
    const log = 'starting\nreading config\nerror: no such table: accounts\n    at main.ts:7\n';
    expect(lastWords(crashed(log))).toBe(
      'reading config | error: no such table: accounts | at main.ts:7',
    );
  });

  it('are none of one that ended well, or said nothing', () => {
    expect(lastWords(crashed('done', { exitCode: 0 }))).toBeUndefined();
    expect(lastWords(crashed('\n\n'))).toBeUndefined();
    expect(lastWords({})).toBeUndefined();
  });

  it.each([
    ['a password', 'connect failed: password=hunter2 host=db', 'connect failed: password=[hidden] host=db'],
    ['JSON', '{"apiKey":"abc123","user":"ann"}', '{"apiKey":"[hidden]","user":"ann"}'],
    ['an address', 'dial postgresql://ledger:s3cr3t@db:5432/x', 'dial postgresql://[hidden]@db:5432/x'],
    ['a bearer token', 'Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer [hidden]'],
    ['a long key', `using ${'A1b2'.repeat(12)} now`, 'using [hidden] now'],
    ['colours', '\u001b[31mfatal\u001b[0m: out of\tmemory', 'fatal: out of memory'],
  ])('hide %s', (_what, message, want) => {
    expect(readable(message)).toBe(want);
  });

  it('are one bounded line without control characters', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000, unit: 'binary' }), (message) => {
        const said = readable(message);
        expect(said.length).toBeLessThanOrEqual(240);
        // eslint-disable-next-line no-control-regex -- what must not be there
        expect(said).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
    );
  });
});
