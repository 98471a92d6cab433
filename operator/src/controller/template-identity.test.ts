import { describe, expect, it } from '@jest/globals';
import { withHashLabel } from '../rollout/revision.ts';
import { identityOf } from './template-identity.ts';

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image }] },
});

describe('what a template is compared by', () => {
  it('is equal for equal templates, whatever a controller adds to them', () => {
    expect(identityOf(withHashLabel(template('a:1'), 'xyz'))).toEqual(identityOf(template('a:1')));
  });

  it('differs for templates that differ', () => {
    const [one, other] = [identityOf(template('a:1')), identityOf(template('a:2'))];
    expect(one.digest).not.toBe(other.digest);
    expect(one.hash).not.toBe(other.hash);
  });
});
