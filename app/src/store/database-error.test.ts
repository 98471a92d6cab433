// Errors as the driver and Prisma throw them, and what they mean for us.
import { describe, expect, it } from '@jest/globals';

import { classifyDatabaseError } from './database-error.ts';

const wrapped = (code: string): unknown => ({
  code: 'P2010',
  meta: {
    driverAdapterError: {
      name: 'DriverAdapterError',
      cause: { kind: 'postgres', originalCode: code },
    },
  },
});
const rawQuery = (kind: string): unknown => ({
  code: 'P2010',
  meta: { driverAdapterError: { cause: { kind } } },
});

describe('classifyDatabaseError', () => {
  it.each([
    ['a serialization failure', wrapped('40001'), 'conflict'],
    ['a deadlock', wrapped('40P01'), 'conflict'],
    ["Prisma's own word for a conflict", { code: 'P2034' }, 'conflict'],
    ['a connection that an administrator ended', wrapped('57P01'), 'lost'],
    ['a reset socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'lost'],
    ["the driver's error without a code", new Error('Connection terminated unexpectedly'), 'lost'],
    ['a server that starts up', wrapped('57P03'), 'unreachable'],
    ['too many connections', wrapped('53300'), 'unreachable'],
    [
      'a refused connection',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      'unreachable',
    ],
    [
      'a pool that gave nothing in time',
      new Error('timeout exceeded when trying to connect'),
      'unreachable',
    ],
    ['a raw query that met a reset socket', rawQuery('ConnectionClosed'), 'lost'],
    ['a raw query that found nobody', rawQuery('DatabaseNotReachable'), 'unreachable'],
    ['a broken check constraint', wrapped('23514'), 'other'],
    ['a missing table', wrapped('42P01'), 'other'],
    ['a bug', new TypeError('x is not a function'), 'other'],
    ['no error at all', undefined, 'other'],
  ])('knows %s', (_name, error, want) => {
    expect(classifyDatabaseError(error)).toBe(want);
  });

  it('does not run forever on an error that is its own cause', () => {
    const error = new Error('round and round');
    error.cause = error;
    expect(classifyDatabaseError(error)).toBe('other');
  });
});
