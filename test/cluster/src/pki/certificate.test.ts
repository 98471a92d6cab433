import { X509Certificate, createPrivateKey } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createAuthority, issue, loadAuthority } from './certificate.ts';

describe('certificates', () => {
  const authority = createAuthority('slipway-ca');
  const root = new X509Certificate(authority.certificatePem);

  it('makes an authority that signs for itself', () => {
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.subject).toBe('CN=slipway-ca');
  });

  it('issues a client certificate with its groups', () => {
    const subject = { commonName: 'alice', organizations: ['release-managers', 'staff'] };
    const identity = issue(authority, { subject, usage: 'client' });
    const leaf = new X509Certificate(identity.certificatePem);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.subject).toBe('O=release-managers\nO=staff\nCN=alice');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.checkPrivateKey(createPrivateKey(identity.keyPem))).toBe(true);
  });

  it('names the hosts and addresses of a server', () => {
    const names = ['kubernetes.default.svc', '127.0.0.1'];
    const identity = issue(authority, { subject: { commonName: 'api' }, usage: 'server', names });
    const leaf = new X509Certificate(identity.certificatePem);
    expect(leaf.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkIP('127.0.0.2')).toBeUndefined();
  });

  it('goes on signing after the authority was read back from its files', () => {
    const again = loadAuthority({ certificatePem: authority.certificatePem, keyPem: authority.keyPem });
    const { certificatePem } = issue(again, { subject: { commonName: 'late' }, usage: 'client' });
    expect(new X509Certificate(certificatePem).verify(root.publicKey)).toBe(true);
    expect(new X509Certificate(certificatePem).checkIssued(root)).toBe(true);
  });

  it('is refused when another authority is asked', () => {
    const other = new X509Certificate(createAuthority('slipway-ca').certificatePem);
    const { certificatePem } = issue(authority, { subject: { commonName: 'x' }, usage: 'client' });
    expect(new X509Certificate(certificatePem).verify(other.publicKey)).toBe(false);
  });
});
