// The traceparent header: what is continued, what is too broken to be continued.
import { describe, expect, it } from '@jest/globals';

import { continueTrace, formatTraceparent, startTrace } from './trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

describe('continueTrace', () => {
  it.each([
    ['version 00', `00-${traceId}-${parentId}-01`],
    ['a later version that says more', `cc-${traceId}-${parentId}-01-what-comes-next`],
  ])('goes on with %s under a span of its own', (_name, header) => {
    const trace = continueTrace(header);
    expect(trace).toMatchObject({ traceId, flags: '01' });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe(parentId);
  });

  it.each([
    ['nothing', undefined],
    ['capital letters', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['no trace', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['no parent', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a version that is never used', `ff-${traceId}-${parentId}-01`],
    ['version 00 with more behind it', `00-${traceId}-${parentId}-01-more`],
    ['something else', 'x'.repeat(500)],
  ])('begins a trace for %s', (_name, header) => {
    const trace = continueTrace(header);
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(traceId);
    expect(trace.flags).toBe('00');
  });
});

it('writes a header that it reads back as the same trace', () => {
  const trace = startTrace();
  const { traceId } = continueTrace(formatTraceparent(trace));
  expect(traceId).toBe(trace.traceId);
});

it('gives each trace an id of its own', () => {
  const ids = Array.from({ length: 2_000 }, () => startTrace().traceId);
  expect(new Set(ids).size).toBe(ids.length);
});
