import { describe, expect, it } from '@jest/globals';
import { web as schema } from '../../api/query-sources.ts';
import { instant } from '../../lib/instant.ts';
import { web } from './web.ts';

const VALUES = { hash: 'bcd', replicaSet: 'a-r1-bcd', revision: '1', name: 'a', namespace: 'n' };
const CONTEXT = { values: VALUES, now: instant(0), timeoutSeconds: 5 };
const source = (over: object) => schema.parse({ url: 'http://web/', path: 'a', ...over });
const read = (body: string, path: string, status = 200) =>
  web.parse(source({ path }), { status, body });

describe('the answer of a web server', () => {
  it.each<[string, { body: string; path: string; want: object }]>([
    ['a number', { body: '{"a":0.5}', path: 'a', want: { kind: 'value', value: 0.5 } }],
    ['true', { body: '{"a":true}', path: 'a', want: { kind: 'value', value: true } }],
    ['a text', { body: '{"a":" ok "}', path: 'a', want: { kind: 'value', value: 'ok' } }],
    ['a number as text', { body: '{"a":"12"}', path: 'a', want: { kind: 'value', value: '12' } }],
    ['the whole', { body: '7', path: '$', want: { kind: 'value', value: 7 } }],
    ['in a list', { body: '[{"b":[1,2]}]', path: '[0].b[1]', want: { kind: 'value', value: 2 } }],
    [
      'behind an odd key',
      { body: '{"a.b":{"c d":1}}', path: "['a.b']['c d']", want: { kind: 'value', value: 1 } },
    ],
    [
      'the length of a list',
      { body: '{"a":[1,2,3]}', path: 'a.length', want: { kind: 'value', value: 3 } },
    ],
    [
      'nothing',
      {
        body: '{"b":1}',
        path: 'a',
        want: { kind: 'noData', why: 'nothing stands at $.a of the answer' },
      },
    ],
    ['nothing further down', { body: '{"a":{"b":1}}', path: 'a.b.c', want: { kind: 'noData' } }],
    ['beyond the list', { body: '{"a":[1]}', path: 'a[1]', want: { kind: 'noData' } }],
    ['an index of no list', { body: '{"a":{"0":1}}', path: 'a[0]', want: { kind: 'noData' } }],
    ['null', { body: '{"a":null}', path: 'a', want: { kind: 'noData' } }],
    ['NaN as text', { body: '{"a":"NaN"}', path: 'a', want: { kind: 'noData' } }],
    ['infinity as text', { body: '{"a":"-Infinity"}', path: 'a', want: { kind: 'noData' } }],
    ['an empty text', { body: '{"a":""}', path: 'a', want: { kind: 'noData' } }],
    ['a number too large for one', { body: '{"a":1e999}', path: 'a', want: { kind: 'noData' } }],
    ['an object', { body: '{"a":{}}', path: 'a', want: { kind: 'error' } }],
    ['a list', { body: '{"a":[]}', path: 'a', want: { kind: 'error' } }],
    [
      'what every object inherits',
      { body: '{"b":1}', path: 'constructor.name', want: { kind: 'noData' } },
    ],
    ['the prototype', { body: '{}', path: '__proto__', want: { kind: 'noData' } }],
  ])('with %s at the path', (_what, { body, path, want }) => {
    expect(read(body, path)).toMatchObject(want);
  });

  it.each([
    [302, 'redirect'],
    [401, 'authorization'],
    [404, 'look at the address'],
    [503, '503'],
  ])('with status %d is an error that says %s', (status, says) => {
    expect(read('{"a":1}', 'a', status)).toMatchObject({
      kind: 'error',
      why: expect.stringContaining(says),
    });
  });
});

describe('the request to a web server', () => {
  it('has the version in its address, its headers and its body', () => {
    const of = source({
      url: 'http://{{name}}-canary.{{namespace}}/s?v={{hash}}',
      method: 'POST',
      headers: [{ name: 'X-Version', value: '{{revision}}' }],
      body: '{"set":"{{replicaSet}}"}',
    });
    expect(web.request(of, CONTEXT)).toEqual({
      method: 'POST',
      url: 'http://a-canary.n/s?v=bcd',
      headers: { accept: 'application/json', 'content-type': 'application/json', 'x-version': '1' },
      body: '{"set":"a-r1-bcd"}',
    });
  });
});
