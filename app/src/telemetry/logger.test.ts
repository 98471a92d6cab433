// Log lines are JSON with the version on each, and planted secrets do not get through.
import { expect, it } from '@jest/globals';

import { createLogger } from './logger.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(
    createLogger({
      level: 'info',
      version: '1.2.3',
      destination: { write: (line) => void lines.push(line) },
    }),
  );
  return lines.join('');
}

it('writes one JSON object a line, with service, version and level by name', () => {
  const line: unknown = JSON.parse(logged((logger) => logger.info({ requestId: 'r1' }, 'request')));
  expect(line).toMatchObject({
    level: 'info',
    service: 'ledger',
    version: '1.2.3',
    requestId: 'r1',
    msg: 'request',
  });
});

it.each<[string, object]>([
  ['a password', { password: 'hunter2' }],
  ['a password inside', { connection: { password: 'hunter2' } }],
  ['a header', { req: { headers: { authorization: 'Bearer hunter2' } } }],
  ['a connection string', { connectionString: 'postgresql://u:hunter2@h/d' }],
  [
    'an error that quotes a connection string',
    { error: new Error('cannot reach postgresql://u:hunter2@h/d') },
  ],
  ['its cause', { error: new Error('outer', { cause: new Error('postgresql://u:hunter2@h/d') }) }],
  [
    'fields that a driver hangs on its errors',
    { error: Object.assign(new Error('failed'), { parameters: ['hunter2'] }) },
  ],
])('keeps %s out', (_name, fields) => {
  expect(logged((logger) => logger.error(fields, 'failed'))).not.toContain('hunter2');
});

it('keeps what is needed of an error: name, message, code, cause', () => {
  const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), {
    code: 'E1',
  });
  const line: unknown = JSON.parse(logged((logger) => logger.error({ error }, 'failed')));
  expect(line).toMatchObject({
    error: { name: 'TypeError', message: 'outer', code: 'E1', cause: { message: 'inner' } },
  });
});
