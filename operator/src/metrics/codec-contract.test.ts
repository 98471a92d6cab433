// What every counter codec must do, on a page recorded from a real client library. Each fixture is
// a process that answered /accounts 9 times well, 3 requests with a 5xx, 2 with a 404, and 5
// probes.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { CounterCodec } from './codec.ts';
import { compileLabels } from './label-match.ts';
import { namedCounters } from './named-counters.ts';
import { openTelemetry } from './open-telemetry.ts';
import { type Recognition, recognize } from './recognize.ts';
import { requestDuration } from './request-duration.ts';
import { requestsTotal } from './requests-total.ts';

const named = namedCounters({
  total: { name: 'http_requests_total', labels: [] },
  errors: { name: 'http_requests_total', labels: matchers({ status: '5..' }) },
});

type Entry = {
  readonly codec: CounterCodec;
  readonly page: string;
  readonly wantLatencyCount: number | undefined;
};

const FAMILY: Readonly<Record<string, Entry>> = {
  'OpenTelemetry, JavaScript exporter': {
    codec: openTelemetry,
    page: fixture('open-telemetry.txt'),
    wantLatencyCount: 14,
  },
  'OpenTelemetry, exporters that append the unit': {
    codec: openTelemetry,
    page: fixture('open-telemetry.txt').replaceAll(/(http_server_request_duration)/g, '$1_seconds'),
    wantLatencyCount: 14,
  },
  'http_requests_total, text format': {
    codec: requestsTotal,
    page: fixture('requests-total.txt'),
    wantLatencyCount: 14,
  },
  'http_requests_total, OpenMetrics with exemplars': {
    codec: requestsTotal,
    page: fixture('requests-total.openmetrics.txt'),
    wantLatencyCount: 14,
  },
  'http_request_duration_seconds alone': {
    codec: requestDuration,
    page: fixture('request-duration.txt'),
    wantLatencyCount: 14,
  },
  'counters named by the user': {
    codec: named,
    page: fixture('requests-total.txt'),
    wantLatencyCount: undefined,
  },
};

describe.each(Object.entries(FAMILY))('%s', (_name, { codec, page, wantLatencyCount }) => {
  const read = (text: string, excludedPaths: readonly string[] = []): Recognition =>
    recognize(text, { codecs: [codec], excludedPaths });

  it('counts requests and server errors, without probes', () => {
    expect(read(page)).toMatchObject({
      kind: 'recognized',
      codec: codec.kind,
      paths: 'told',
      counters: { requests: 14, errors: 3 },
    });
  });

  it('leaves out the paths it is told to', () => {
    const without = read(page, ['/accounts/']);
    expect(without).toMatchObject({ counters: { errors: 3 } });
    expect(requestsOf(without)).toBeLessThan(requestsOf(read(page)));
  });

  it('gives cumulative latency that ends in the number of requests', () => {
    const reading = read(page);
    const latency = reading.kind === 'recognized' ? reading.counters.latency : undefined;
    expect(latency?.count).toBe(wantLatencyCount);
  });

  it('takes a counter that is announced but has no series for zero', () => {
    const announced = page.replaceAll(/^http_.*\n/gm, '');
    expect(read(announced)).toMatchObject({
      kind: 'recognized',
      counters: { requests: 0, errors: 0 },
    });
  });

  it('does not recognise a page of something else', () => {
    const other = '# TYPE jobs_done_total counter\njobs_done_total 3\n';
    expect(read(other)).toEqual({ kind: 'notRecognized', counterNames: ['jobs_done_total'] });
  });

  it('never counts a NaN or a negative counter', () => {
    for (const bad of ['NaN', '-1', '+Inf']) {
      const broken = page.replaceAll(/^(http_\w*(?:total|count){[^#\n]*}) \d+/gm, `$1 ${bad}`);
      const reading = read(broken);
      const requests = requestsOf(reading);
      expect(Number.isFinite(requests)).toBe(false);
    }
  });

  it('refuses a page that was cut off', () => {
    expect(read(page.slice(0, -3))).toEqual({
      kind: 'unreadable',
      error: { kind: 'truncated' },
    });
  });
});

function requestsOf(reading: Recognition): number {
  return reading.kind === 'recognized' ? reading.counters.requests : 0;
}

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

function matchers(labels: Readonly<Record<string, string>>): Parameters<
  typeof namedCounters
>[0]['errors']['labels'] {
  const compiled = compileLabels(labels);
  return compiled.kind === 'ok' ? compiled.value : [];
}
