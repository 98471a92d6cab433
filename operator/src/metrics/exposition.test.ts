import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { SampleLine } from './sample-line.ts';
import { describeExpositionError, parseExposition } from './exposition.ts';

const all = (): boolean => true;
const MANY_LABELS = Array.from({ length: 65 }, (_, i) => `l${i}="x"`).join(',');
const LIMITS = { maxChars: 10_000, maxSeries: 100 };

describe('parseExposition', () => {
  it.each([
    ['a name alone', 'up 1', up(1)],
    ['blanks everywhere', '  up { a = "b" , }   2   1700000000000 ', up(2, { a: 'b' })],
    ['escapes', String.raw`up{a="x\"y\\z\nw\q"} 3`, up(3, { a: 'x"y\\z\nw\\q' })],
    ['braces inside a value', 'up{a="}{ 5 #"} 4', up(4, { a: '}{ 5 #' })],
    ['an exemplar', 'up 5 # {trace_id="x y"} 0.67 1.5', up(5)],
    ['a timestamp and an exemplar', 'up 5 1.5 # {a="b"} 1', up(5)],
    ['an exponent', 'up 1.5e+03', up(1500)],
    ['infinity', 'up +Inf', up(Number.POSITIVE_INFINITY)],
    ['not a number', 'up NaN', up(Number.NaN)],
    ['a quoted name', '{"up", "a.b"="c"} 6', up(6, { a_b: 'c' })],
    ['a quoted name with dots', '{"u.p"} 7', { ...up(7), name: 'u_p' }],
  ])('reads %s', (_name, line, want) => {
    const page = parseExposition(`${line}\n`, all);
    const series = page.kind === 'ok' ? page.value.series.map(plain) : [];
    expect(series).toEqual([want]);
  });

  it.each([
    ['a missing number', 'up{a="b"}', 'expected a number'],
    ['a word for a number', 'up one', 'expected a number'],
    ['hexadecimal', 'up 0x10', 'expected a number'],
    ['an open quote', 'up{a="b} 1', 'expected a closing quote'],
    ['open braces', 'up{a="b"', 'expected , or } after a label'],
    ['a label without a value', 'up{a} 1', 'expected = after a label name'],
    ['a label twice', 'up{a="1",a="2"} 1', 'expected each label once'],
    ['too many labels', `up{${MANY_LABELS}} 1`, 'expected at most 64 labels'],
    ['two names', 'up{"down"} 1', 'expected one name, found two'],
    ['rubbish after the number', 'up 1 x', 'expected a timestamp or an exemplar after the number'],
    ['a name that is none', 'ü 1', 'expected a metric name'],
  ])('refuses %s, naming the line', (_name, line, why) => {
    const page = parseExposition(`# HELP up x\n${line}\n`, all);
    expect(page).toEqual({ kind: 'error', error: { kind: 'malformed', line: 2, why } });
  });

  it('does not look at the lines of families nobody wants', () => {
    const page = parseExposition('other{broken 1\nup 2\n', (name) => name === 'up');
    expect(page).toMatchObject({ kind: 'ok', value: { series: [{ name: 'up', value: 2 }] } });
  });

  it('remembers which families were announced', () => {
    const page = parseExposition('# TYPE up_total counter\n# TYPE x gauge\n# EOF\n', () => false);
    expect(page.kind === 'ok' && [...page.value.families]).toEqual([
      ['up_total', 'counter'],
      ['x', 'gauge'],
    ]);
  });

  it('bounds size and series, and says so in words', () => {
    const long = parseExposition('up 1\n'.repeat(3000), all, LIMITS);
    const many = parseExposition('up 1\n'.repeat(101), all, LIMITS);
    expect(long).toEqual({ kind: 'error', error: { kind: 'tooLarge', maxChars: 10_000 } });
    expect(many).toEqual({ kind: 'error', error: { kind: 'tooManySeries', maxSeries: 100 } });
    expect(many.kind === 'error' && describeExpositionError(many.error)).toContain('100 series');
  });

  it('survives any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('up', '{', '}', '"', '\\', ',', '=', ' ', '\n', '#', '1', '# TYPE ', 'NaN'),
    );
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => `${pieces.join('')}\n`);
    fc.assert(
      fc.property(text, (page) => {
        const parsed = parseExposition(page, all, LIMITS);
        const series = parsed.kind === 'ok' ? parsed.value.series.length : 0;
        const told = parsed.kind === 'ok' ? 'a page' : describeExpositionError(parsed.error);
        expect(series).toBeLessThanOrEqual(LIMITS.maxSeries);
        expect(told).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every series a correct writer wrote', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,10}$/);
    const value = fc.double({ noNaN: true });
    const series = fc.record({
      name,
      labels: fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 4 }),
      value,
    });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 10 }), (list) => {
        const parsed = parseExposition(list.map(written).join(''), all, LIMITS);
        const got = parsed.kind === 'ok' ? parsed.value.series : [];
        const want = list.map((line) => ({ ...line, labels: { ...line.labels } }));
        expect(got.map(plain)).toEqual(want);
      }),
      { numRuns: 300 },
    );
  });
});

type Plain = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

function up(value: number, labels: Readonly<Record<string, string>> = {}): Plain {
  return { name: 'up', labels, value };
}

function plain(line: SampleLine): Plain {
  return { ...line, labels: Object.fromEntries(line.labels) };
}

function written(series: Plain): string {
  const labels = Object.entries(series.labels).map(([key, text]) => {
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${key}="${escaped}"`;
  });
  const value = Object.is(series.value, -0) ? '-0' : String(series.value);
  return `${series.name}{${labels.join(',')}} ${value.replace('Infinity', 'Inf')}\n`;
}
