import { describe, expect, it } from '@jest/globals';
import { commandOfImage } from './image-command.ts';

describe('how the image starts the operator', () => {
  it('is read from its Dockerfile: flags without the program, and the environment', () => {
    const { env, flags } = commandOfImage();
    expect(flags.every((flag) => flag.startsWith('--'))).toBe(true);
    expect(env).toMatchObject({ NODE_ENV: 'production' });
    expect(env['NODE_OPTIONS']).toMatch(/^--/);
  });
});
