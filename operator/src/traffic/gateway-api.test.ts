import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  isRouteCurrent,
  namesService,
  placeOfRule,
  readAcceptance,
  readWeight,
  renderReleased,
  renderRoute,
  weightPatch,
} from './gateway-api.ts';

const NAMES = { release: 'ledger', service: 'bank' };
const WANTED = {
  parentRefs: [{ name: 'public' }],
  hostnames: ['bank.example'],
  rules: [
    { matches: [{ path: { value: '/api' } }], backendRefs: [{ name: 'bank', port: 80 }] },
    {
      name: 'beside',
      backendRefs: [
        { name: 'bank', port: 80, weight: 3 },
        { name: 'old', port: 80, weight: 1 },
      ],
    },
    { backendRefs: [{ name: 'other', port: 80 }] },
    { filters: [{ type: 'RequestRedirect' }] },
  ],
};
const rulesOf = (weight: number) =>
  renderRoute(WANTED, NAMES, weight)['rules'] as { backendRefs?: object[] }[];

describe('an owned route', () => {
  it('splits each backend of the Service, and copies all else', () => {
    expect(rulesOf(20)).toEqual([
      {
        matches: [{ path: { value: '/api' } }],
        backendRefs: [
          { name: 'ledger-stable', port: 80, weight: 80 },
          { name: 'ledger-canary', port: 80, weight: 20 },
        ],
      },
      {
        name: 'beside',
        backendRefs: [
          { name: 'ledger-stable', port: 80, weight: 240 },
          { name: 'ledger-canary', port: 80, weight: 60 },
          { name: 'old', port: 80, weight: 100 },
        ],
      },
      WANTED.rules[2],
      WANTED.rules[3],
    ]);
    expect(renderRoute(WANTED, NAMES, 20)).toMatchObject({
      parentRefs: WANTED.parentRefs,
      hostnames: WANTED.hostnames,
    });
  });

  it.each([NAMES, { ...NAMES, pin: 'u-1' }])('reads the weight that was written: %j', (names) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (weight) => {
        expect(readWeight(renderRoute(WANTED, names, weight), 'ledger')).toBe(weight);
      }),
    );
  });

  it('is current with what a server adds and with any weight, and not with another rule', () => {
    const live = { ...renderRoute(WANTED, NAMES, 37), added: 'by the server' };
    expect(isRouteCurrent(live, WANTED, NAMES)).toBe(true);
    expect(isRouteCurrent({ ...live, hostnames: [] }, WANTED, NAMES)).toBe(false);
    expect(isRouteCurrent({ ...live, rules: rulesOf(37).slice(1) }, WANTED, NAMES)).toBe(false);
  });

  it('does not touch Services of other kinds or namespaces', () => {
    const foreign = {
      rules: [
        {
          backendRefs: [
            { name: 'bank', namespace: 'elsewhere' },
            { name: 'bank', kind: 'Bucket' },
          ],
        },
      ],
    };
    expect(renderRoute(foreign, NAMES, 50)).toEqual(foreign);
    expect([namesService(foreign, 'bank'), namesService(WANTED, 'bank')]).toEqual([false, true]);
  });

  it('names the own Service again when it is let go', () => {
    expect(renderReleased(WANTED)).toEqual(WANTED);
  });
});

describe('a weight', () => {
  const rule = (stable: number | undefined, canary: number | undefined, name = 'main') => ({
    name,
    backendRefs: [
      { name: 'ledger-stable', weight: stable },
      { name: 'ledger-canary', weight: canary },
    ],
  });

  it.each([
    { what: 'is a percentage', rules: [rule(3, 1)], want: 25 },
    { what: 'is even where nobody wrote one', rules: [rule(undefined, undefined)], want: 50 },
    { what: 'is unknown where rules differ', rules: [rule(3, 1), rule(1, 1)], want: undefined },
    {
      what: 'is unknown without such a pair',
      rules: [{ backendRefs: [{ name: 'bank' }] }],
      want: undefined,
    },
    {
      what: 'passes over a rule that gives nothing to either',
      rules: [rule(0, 0), rule(3, 1)],
      want: 25,
    },
    { what: 'is unknown without rules', rules: 'nonsense', want: undefined },
  ])('$what', ({ rules, want }) => {
    expect(readWeight({ rules }, 'ledger')).toBe(want);
  });

  it('of a named rule is read from that rule alone', () => {
    const live = { rules: [rule(3, 1, 'main'), rule(1, 1, 'other')] };
    expect([readWeight(live, 'ledger', 'main'), readWeight(live, 'ledger', 'none')]).toEqual([
      25,
      undefined,
    ]);
  });
});

describe('a rule of a route that somebody else owns', () => {
  const live = {
    rules: [
      { name: 'first', backendRefs: [] },
      {
        name: 'main',
        backendRefs: [
          { name: 'x' },
          { name: 'ledger-canary' },
          { name: 'ledger-stable', weight: 1 },
        ],
      },
      { name: 'twice' },
      { name: 'twice' },
    ],
  };

  it('is changed in its weights and in nothing else', () => {
    const place = placeOfRule(live, 'ledger', 'main');
    if (place.kind !== 'found') throw new Error(place.message);
    expect(weightPatch(place, 'main', 30)).toEqual([
      { op: 'test', path: '/spec/rules/1/name', value: 'main' },
      { op: 'add', path: '/spec/rules/1/backendRefs/2/weight', value: 70 },
      { op: 'add', path: '/spec/rules/1/backendRefs/1/weight', value: 30 },
    ]);
  });

  it.each([
    ['nowhere', '0 rules are named "nowhere", there must be exactly one'],
    ['twice', '2 rules are named "twice", there must be exactly one'],
    ['first', 'rule "first" needs backendRefs ledger-stable and ledger-canary'],
  ])('%s is not found: %s', (name, message) => {
    expect(placeOfRule(live, 'ledger', name)).toEqual({ kind: 'wrong', message });
  });
});

describe('what gateways say about a route', () => {
  const parent = (...conditions: [type: string, status: string, generation: number][]) => ({
    conditions: conditions.map(([type, status, observedGeneration]) => ({
      type,
      status,
      observedGeneration,
      reason: 'Because',
      message: 'of that',
    })),
  });

  it.each([
    { what: 'nothing', parents: [], want: { kind: 'silent' } },
    {
      what: 'accepted',
      parents: [parent(['Accepted', 'True', 4], ['ResolvedRefs', 'True', 4])],
      want: { kind: 'accepted' },
    },
    {
      what: 'an older generation',
      parents: [parent(['Accepted', 'True', 4], ['ResolvedRefs', 'True', 3])],
      want: { kind: 'pending' },
    },
    {
      what: 'one of two gateways is behind',
      parents: [parent(['Accepted', 'True', 4]), parent(['Accepted', 'True', 3])],
      want: { kind: 'pending' },
    },
    {
      what: 'refused',
      parents: [parent(['Accepted', 'True', 4], ['ResolvedRefs', 'False', 4])],
      want: { kind: 'refused', message: 'Because: of that' },
    },
    {
      what: 'another condition that is False without harm',
      parents: [parent(['Accepted', 'True', 4], ['PartiallyInvalid', 'False', 1])],
      want: { kind: 'accepted' },
    },
  ])('$what', ({ parents, want }) => {
    const route = { namespace: 'bank', spec: {}, status: { parents } };
    expect(readAcceptance(route, 4)).toEqual(want);
  });

  it('is not asked of a gateway that is no parent any more', () => {
    const said = (name: string, observedGeneration: number, sectionName?: string) => ({
      parentRef: { name, namespace: 'gateways', ...(sectionName ? { sectionName } : {}) },
      conditions: ['Accepted', 'ResolvedRefs'].map((type) => ({
        type,
        status: 'True',
        observedGeneration,
      })),
    });
    const acceptanceBy = (...parentRefs: object[]) =>
      readAcceptance(
        {
          namespace: 'gateways',
          spec: { parentRefs },
          status: { parents: [said('new', 4), said('old', 3), said('new', 2, 'tls')] },
        },
        4,
      );
    expect(acceptanceBy({ name: 'new' })).toEqual({ kind: 'accepted' });
    expect(acceptanceBy({ name: 'new', namespace: 'gateways' })).toEqual({ kind: 'accepted' });
    expect(acceptanceBy({ name: 'new' }, { name: 'old' })).toEqual({ kind: 'pending' });
    expect(acceptanceBy({ name: 'new', sectionName: 'tls' })).toEqual({ kind: 'pending' });
    expect(acceptanceBy({ name: 'other' })).toEqual({ kind: 'silent' });
  });
});
