import { describe, expect, it } from '@jest/globals';
import { createClient } from '../../kube/client.ts';
import { createFakeStore } from '../../kube/testing/fake-store.ts';
import { createFakeTransport } from '../../kube/testing/fake-transport.ts';
import { createManualClock } from '../../lib/manual-clock.ts';
import { SECRET } from '../resources.ts';
import { accessOf, type AccessSpec } from './access.ts';
import { createSecretReader } from './secrets.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const base64 = (data: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );

function lab() {
  const store = createFakeStore();
  const transport = createFakeTransport(store);
  const clock = createManualClock();
  const readSecret = createSecretReader(createClient(transport), clock);
  const put = (name: string, data: Record<string, string>) =>
    store.put(SECRET, { metadata: { namespace: 'shop', name }, data: base64(data) });
  put('token', { token: 's3cret\n', other: 'two words', empty: '' });
  put('login', { username: 'ann', password: 'pa:ss' });
  put('ca', { 'ca.crt': PEM, key: 'none' });
  const access = (spec: AccessSpec) => accessOf(spec, 'shop', readSecret);
  return { access, clock, put, transport };
}

const bearer = (name: string, key = 'token'): AccessSpec => ({
  authorization: { bearer: { name, key } },
});
const ca = (name: string, key = 'ca.crt'): AccessSpec => ({ tls: { ca: { name, key } } });

describe('what Secrets add to a request', () => {
  it.each<[string, AccessSpec, object]>([
    ['nothing', {}, { headers: {} }],
    [
      'a token, without the line feed of the file it was made from',
      bearer('token'),
      { headers: { authorization: 'Bearer s3cret' } },
    ],
    [
      'a password',
      { authorization: { basic: { name: 'login' } } },
      { headers: { authorization: 'Basic YW5uOnBhOnNz' } },
    ],
    ['a CA', ca('ca'), { headers: {}, ca: PEM }],
  ])('is %s', async (_what, spec, value) => {
    expect(await lab().access(spec)).toEqual({ kind: 'ok', value });
  });

  it.each<[string, AccessSpec, string]>([
    ['is not there', bearer('till'), 'there is no Secret till in this namespace'],
    ['lacks the key', bearer('token', 'tokem'), 'the Secret token has no key tokem'],
    ['holds no token', bearer('token', 'other'), 'the Secret token holds no token'],
    ['is empty', bearer('token', 'empty'), 'the Secret token holds no token'],
    [
      'has no password',
      { authorization: { basic: { name: 'token' } } },
      'the Secret token has no key username',
    ],
    [
      'holds no certificate',
      ca('ca', 'key'),
      'the key key of the Secret ca holds no certificate (PEM)',
    ],
  ])('is a sentence when one %s', async (_what, spec, says) => {
    expect(await lab().access(spec)).toEqual({
      kind: 'error',
      error: expect.stringContaining(says),
    });
  });

  it.each([
    [403, 'grant its account get on it'],
    [500, 'could not be read (server)'],
  ])('is a sentence when the API server answers %d', async (status, says) => {
    const { access, transport } = lab();
    transport.failNext(status);
    expect(await access(bearer('token'))).toEqual({
      kind: 'error',
      error: expect.stringContaining(says),
    });
  });

  it('is read anew after half a minute, not before', async () => {
    const { access, clock, put, transport } = lab();
    const first = await access(bearer('token'));
    put('token', { token: 'new' });
    clock.advance(29_000);
    expect(await access(bearer('token'))).toEqual(first);
    expect(transport.calls).toHaveLength(1);
    clock.advance(2000);
    expect(await access(bearer('token'))).toEqual({
      kind: 'ok',
      value: { headers: { authorization: 'Bearer new' } },
    });
  });
});
