import { describe, expect, it } from '@jest/globals';
import { parseDevArguments } from './arguments.ts';

describe('the command line of npm run dev', () => {
  it.each([
    [[], { kind: 'run', isFresh: false, port: undefined }],
    [['--fresh'], { kind: 'run', isFresh: true, port: undefined }],
    [['up', '--port', '8123'], { kind: 'up', isFresh: false, port: 8123 }],
    [['down'], { kind: 'down' }],
    [['up', '--help'], { kind: 'help' }],
  ])('%j', (args, wanted) => {
    expect(parseDevArguments(args)).toEqual(wanted);
  });

  it.each([
    [['sideways'], /"sideways" is neither up nor down/],
    [['up', 'down'], /too many words: down/],
    [['--port', '99999'], /--port 99999: give a number/],
    [['--quick'], /--quick/],
  ])('%j is refused with the usage', (args, wanted) => {
    expect(() => parseDevArguments(args)).toThrow(wanted);
    expect(() => parseDevArguments(args)).toThrow(/npm run dev -- \[--fresh\]/);
  });
});
