import { describe, expect, it } from '@jest/globals';
import { lineSplitter, shownLine } from './log-lines.ts';

describe('a line', () => {
  it.each([
    ['app', '{"level":30,"time":1,"msg":"listening","port":8080}', 'app      | INFO  listening port=8080'],
    ['app', '{"level":"warn","msg":"slow","a":{"b":1}}', 'app      | WARN  slow a={"b":1}'],
    ['migrate', '{"message":"applying"}', 'migrate  | INFO  applying'],
    ['redis', 'Ready', 'redis    | Ready'],
    ['app', '{ x', 'app      | { x'],
    ['app', '{"a":1}', 'app      | {"a":1}'],
  ] as const)('of %s: %s', (speaker, line, wanted) => {
    expect(shownLine(speaker, line, 'plain')).toBe(wanted);
  });

  it('has its speaker in a colour on a terminal', () => {
    expect(shownLine('app', 'x', 'coloured')).toBe('\u001B[36mapp      |\u001B[0m x');
  });
});

describe('chunks of output', () => {
  it('become lines, whole and without empty ones', () => {
    const lines: string[] = [];
    const feed = lineSplitter((line) => lines.push(line));
    for (const chunk of ['a', 'b\n\nc', '\n', 'unfinished']) feed(chunk);
    expect(lines).toEqual(['ab', 'c']);
  });
});
