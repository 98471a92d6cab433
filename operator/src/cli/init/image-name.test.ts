import { describe, expect, it } from '@jest/globals';
import { imageProblem } from './image-name.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an image', () => {
  it.each([
    'shop:1.2.3',
    'registry.example:5000/team/shop:v1.2.3-rc.1',
    'ghcr.io/team/shop:4f2c91e',
    'ghcr.io/team/shop:main-4f2c91e0',
    `ghcr.io/team/shop@${DIGEST}`,
    `ghcr.io/team/shop:latest@${DIGEST}`,
  ])('%s stays what it is', (image) => {
    expect(imageProblem(image)).toBeUndefined();
  });

  it.each([
    ['shop', /has no tag/],
    ['registry.example:5000/shop', /has no tag/],
    ['shop:latest', /the tag latest, which can move/],
    ['shop:main', /which can move/],
    ['node:24', /which can move/],
    ['node:24.1', /which can move/],
    ['Shop:1.2.3', /is no image name/],
    ['shop:1.2.3@sha256:abc', /is no image name/],
    ['', /is no image name/],
  ])('%s is refused with the remedy', (image, wanted) => {
    expect(imageProblem(image)).toMatch(wanted);
  });
});
