// Log lines are JSON with release, version and request on each; planted secrets do not get through.
import { expect, it } from '@jest/globals';

import { withLogScope } from './log-scope.ts';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';

function logged(write: (logger: Logger) => void): string {
  const lines: string[] = [];
  write(
    createLogger({
      level: 'info',
      version: '1.2.3',
      release: 'ledger-7',
      destination: { write: (line) => void lines.push(line) },
    }),
  );
  return lines.join('');
}

it('S5: each line is one JSON object with release, version, reqId and traceId', () => {
  const scope = { reqId: 'r1', traceId: 'a'.repeat(32) };
  const inside: unknown = JSON.parse(
    logged((logger) => withLogScope(scope, () => logger.info({ route: '/x' }, 'request'))),
  );
  const tags = { level: 'info', service: 'ledger', release: 'ledger-7', version: '1.2.3' };
  expect(inside).toMatchObject({ ...tags, ...scope, route: '/x', msg: 'request' });
  const outside: unknown = JSON.parse(logged((logger) => logger.info('listening')));
  expect(outside).toMatchObject({
    ...tags,
    reqId: 'process',
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

it('keeps the request on lines that are written later', async () => {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    version: '1',
    release: 'r',
    destination: { write: (line) => void lines.push(line) },
  });
  await withLogScope({ reqId: 'r1', traceId: 't1' }, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    logger.info('later');
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reqId: 'r1', traceId: 't1' });
});

it.each<[string, object]>([
  ['a password', { password: 'hunter2' }],
  ['a password inside', { connection: { password: 'hunter2' } }],
  ['a password deep inside', { a: { b: { c: [{ PGPASSWORD: 'hunter2' }] } } }],
  ['a header', { req: { headers: { authorization: 'Bearer hunter2' } } }],
  ['a header in a list', { headers: ['authorization: Bearer hunter2'] }],
  ['cookies', { headers: { cookie: 'session=hunter2', 'set-cookie': ['session=hunter2'] } }],
  ['an idempotency key', { headers: { 'Idempotency-Key': 'hunter2' } }],
  ['a token', { auth: { token: 'hunter2' } }],
  ['raw headers', { request: { rawHeaders: ['Cookie', 'hunter2'] } }],
  ['a database URL by its name', { env: { DATABASE_URL: 'hunter2' } }],
  ['a connection string', { connectionString: 'postgresql://u:hunter2@h/d' }],
  ['a URL under any name', { where: 'redis://:hunter2@cache:6379' }],
  [
    'an error that quotes a connection string',
    { error: new Error('cannot reach postgresql://u:hunter2@h/d') },
  ],
  ['an error under err', { err: new Error('token=hunter2 was refused') }],
  ['its cause', { error: new Error('outer', { cause: new Error('postgresql://u:hunter2@h/d') }) }],
  [
    'fields that a driver hangs on its errors',
    { error: Object.assign(new Error('failed'), { parameters: ['hunter2'] }) },
  ],
])('S5: keeps %s out', (_name, fields) => {
  expect(logged((logger) => logger.error(fields, 'failed'))).not.toContain('hunter2');
});

it.each([
  'no use of postgresql://u:hunter2@h/d',
  'the header Authorization: Bearer hunter2',
  'said {"password":"x"} and password="hunter2"',
  "a key idempotency-key: 'hunter2', and http://a:b",
])('S5: keeps a secret out that is part of a message: %s', (message) => {
  const line = logged((logger) => logger.error({ mail: 'a@b.c' }, message));
  expect(line).not.toContain('hunter2');
  expect(JSON.parse(line)).toMatchObject({ mail: 'a@b.c', release: 'ledger-7' });
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

it('survives what refers to itself and what is very long', () => {
  const loop: Record<string, unknown> = { items: Array.from({ length: 1_000 }, () => 'x') };
  loop['self'] = loop;
  const line = logged((logger) => logger.info(loop, 'round'));
  expect(line.length).toBeLessThan(20_000);
});
