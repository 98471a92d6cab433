import { describe, expect, it } from '@jest/globals';
import { podTrouble } from './pod-trouble.ts';

const waiting = (reason: string, message: string) =>
  podTrouble({ status: { containerStatuses: [{ name: 'app', state: { waiting: { reason, message } } }] } });
const pull = (message: string) => waiting('ErrImagePull', message);
const DIGEST = `sha256:${'a403b'.repeat(12)}abcd`;

describe('a registry that gives no image', () => {
  it.each([
    'failed to resolve reference "registry:5000/app:missing": registry:5000/app:missing: not found',
    'rpc error: code = NotFound desc = failed to pull and unpack image "10.0.0.1:5003/app:v504": 10.0.0.1:5003/app:v504: not found',
    'pulling from host localhost:5001 failed with status code [manifests 502]: 401 Unauthorized',
    'unexpected status from HEAD request to https://registry:5000/v2/app/manifests/1: 403 Forbidden',
    'pull access denied, repository does not exist or may require authorization',
    'manifest unknown: manifest unknown',
  ])('for good: %s', (message) => {
    expect(pull(message)).toMatchObject({ reason: 'ImageUnavailable', isCertain: true });
  });

  it.each([
    `failed to resolve reference "registry/app@${DIGEST}": failed to do request: Head "https://registry/v2/app/manifests/${DIGEST}": context deadline exceeded`,
    `failed to pull image registry/app@${DIGEST}: unexpected EOF`,
    'failed to pull image registry/app:403: unexpected EOF',
    'failed to pull image app:401: unexpected EOF',
    'failed to do request: Head "https://registry/v2/denied/manifests/1": dial tcp 10.0.0.1:403: i/o timeout',
    'unexpected status from HEAD request to https://registry/v2/app/manifests/1: 503 Service Unavailable',
    'httpReadSeeker: failed open: content at https://registry/v2/app/blobs/1 not found: dial tcp: lookup registry: no such host',
    'toomanyrequests: You have reached your pull rate limit: denied',
  ])('for now: %s', (message) => {
    expect(pull(message)).toMatchObject({ reason: 'ImageUnavailable', isCertain: false });
  });
});
