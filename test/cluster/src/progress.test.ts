import { describe, expect, it } from '@jest/globals';

import { createProgress, renderDuration, renderFinished, renderRunning } from './progress.ts';

describe('progress', () => {
  it.each([[0, '0.0 s'], [1249, '1.2 s'], [59_949, '59.9 s'], [59_951, '1 min 00 s'], [125_000, '2 min 05 s']])(
    'renders %d ms as %s',
    (durationMs, want) => expect(renderDuration(durationMs)).toBe(want),
  );

  it('cuts the live line to the terminal', () => {
    const steps = [{ label: 'build kubernetes', startedAtMs: 0 }, { label: 'import images', startedAtMs: 1000 }];
    expect(renderRunning(steps, 2000, 80)).toMatch(/^. build kubernetes 2\.0 s, import images 1\.0 s$/);
    expect(renderRunning(steps, 2000, 20)).toHaveLength(19);
  });

  it('tells a failed step from a finished one', () => {
    expect(renderFinished('x', 1000, true)).toMatch(/^✓ x +1\.0 s$/);
    expect(renderFinished('x', 1000, false)).toMatch(/^✗ x +1\.0 s$/);
  });

  it('writes plain lines when nobody looks at a terminal', async () => {
    let written = '';
    const progress = createProgress({ write: (text) => (written += text) });
    expect(await progress.step('one', async () => 7)).toBe(7);
    await expect(progress.step('two', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    progress.note('installing');
    expect(written).not.toContain('\u001B');
    expect(written.split('\n').map((line) => line.slice(0, 5))).toEqual(['… one', '✓ one', '… two', '✗ two', 'insta', '']);
  });

  it('leaves a clean line on a terminal', async () => {
    let written = '';
    const progress = createProgress({ isTTY: true, columns: 80, write: (text) => (written += text) });
    await progress.step('one', async () => undefined);
    expect(written.endsWith('\r\u001B[2K')).toBe(true);
    expect(written).toContain('✓ one');
  });
});
