import { describe, expect, it } from '@jest/globals';
import { analyse, initialAnalysis } from '../analysis/analyse.ts';
import { initialResult, stepQuery } from '../analysis/queries.ts';
import { queryLine } from '../analysis/query-line.ts';
import { UNKNOWN, paramsOf } from '../analysis/params-of-spec.ts';
import { canaryPod, pollAt, stablePod } from '../analysis/testing/polls.ts';
import { parseSpec } from '../api/parse.ts';
import { beginEvidenceJournal } from '../controller/evidence-journal.ts';
import { createFakeTerminal } from './testing/fake-terminal.ts';

/** What the operator logs of a candidate that fails every request, among other lines. */
function logOf(polls: number): string[] {
  const lines = ['starting', JSON.stringify({ level: 30, msg: 'leading', epoch: 1 })];
  const spec = parseSpec({ template: {}, strategy: { canary: {} }, checks: { scrape: {} } });
  if (spec.kind === 'invalid') throw new Error('invalid');
  const params = paramsOf(spec.value, { isBypassed: false, dispersion: UNKNOWN });
  let state = initialAnalysis(params);
  const journal = beginEvidenceJournal(
    (_level, message, keys) => void lines.push(JSON.stringify({ level: 30, msg: message, ...keys })),
    { release: 'bank/ledger', revision: 7, params, state },
  );
  for (let poll = 0; poll < polls; poll += 1) {
    const canary = canaryPod('c', 5 * poll, { errors: 5 * poll });
    const analysed = analyse(state, pollAt(5, canary, stablePod('s', 95 * (poll + 1))), params);
    state = analysed.state;
    journal.poll(analysed);
  }
  return lines;
}

/** What the operator logs of a query with these answers; at most 0.5 is good, two bad ones fail. */
function askings(...values: readonly number[]): string[] {
  const query = { name: 'p99', failures: 2, threshold: { max: 0.5 } };
  let before = initialResult(query.name);
  return values.map((value, index) => {
    const samples = { candidate: { kind: 'value', value } } as const;
    const next = stepQuery(before, query, samples);
    const asking = { release: 'bank/ledger', revision: 7, query, asked: index + 1, before, samples, next };
    before = next;
    return JSON.stringify({ level: 30, msg: 'query', ...queryLine(asking) });
  });
}

const typed = (lines: readonly string[], line: string) =>
  createFakeTerminal({ files: { 'operator.log': lines.join('\n') } }).type(line);

describe('kubectl slipway replay', () => {
  it('comes to the verdict of the log, and shows how', async () => {
    const { code, out } = await typed(logOf(10), 'replay operator.log');
    expect(code).toBe(0);
    expect(out).toContain('bank/ledger revision 7: 10 polls, taken back at evidence 100');
    expect(out).toMatch(/poll\s+weight\s+candidate\s+errors\s+stable\s+errors\s+evidence\s+verdict/);
    expect(out).toMatch(/ 5 % .* rollback EvidenceOfHarm/);
    expect(out).toContain('the same verdicts as were recorded');
  });

  it('explains one poll with each signal', async () => {
    const { out } = await typed(logOf(10), 'replay operator.log --poll 2');
    expect(out).toMatch(/^poll 2: canary 5 of 5 requests failed/);
    expect(out).toMatch(/errors +evidence \S+, weight 0\.50/);
  });

  it('judges queries again as well, and shows one that comes out otherwise', async () => {
    const lines = askings(0.2, 0.9, 0.8);
    const { code, out } = await typed([...logOf(2), ...lines], 'replay operator.log');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('query p99, asked 3 times: failed') });
    expect(out).toContain('last: p99: 0.8 is above 0.5, 2 times in a row');
    const forged = lines.map((line) => line.replace('"value":0.2', '"value":0.7'));
    const other = await typed(forged, 'replay operator.log');
    expect(other.code).toBe(2);
    expect(other.out).toContain('differs from what was recorded, from asking 1 on');
    const cut = await typed(lines.toSpliced(1, 1), 'replay operator.log');
    expect(cut.out).toContain('lines are missing: asking 2 was to come and 3 came');
  });

  it('says where lines are missing, with another exit code', async () => {
    const { code, out } = await typed(logOf(10).toSpliced(5, 1), 'replay operator.log');
    expect(code).toBe(2);
    expect(out).toContain('lines are missing: poll 3 was to come and 4 came');
  });

  it.each([
    ['replay', 'name a log'],
    ['replay nowhere.log', 'there is no file nowhere.log'],
    ['replay operator.log --release shop/web', 'has no evidence that can be judged'],
    ['replay operator.log --poll 99', 'has polls 1 to 10, not 99'],
    ['replay operator.log --revision x', 'x is not a number from 1'],
  ])('refuses %s', async (line, want) => {
    const { code, err } = await typed(logOf(10), line);
    expect(code).toBe(1);
    expect(err).toContain(want);
  });
});
