// Certificates for a local cluster: one ECDSA P-256 authority and what it signs. Written with
// node:crypto alone, so that the harness needs no openssl program.

import {
  X509Certificate, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

import * as der from './der.ts';
import type { Der } from './der.ts';

/** A certificate and its private key, both as PEM. */
export type Identity = { readonly certificatePem: string; readonly keyPem: string };

/** A certificate authority that can sign. */
export type Authority = Identity & { readonly key: KeyObject; readonly commonName: string };

export type Subject = { readonly commonName: string; readonly organizations?: readonly string[] };

export type LeafRequest = {
  readonly subject: Subject;
  readonly usage: 'client' | 'server';
  /** DNS names and IPv4 addresses, for servers. */
  readonly names?: readonly string[];
};

const YEARS_VALID = 10;
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

/** A new self-signed authority. */
export const createAuthority = (commonName: string): Authority => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKeyInfo(privateKey);
  const extensions = [
    extension('2.5.29.19', der.sequence(der.boolTrue()), 'critical'),
    extension('2.5.29.15', der.bits(Uint8Array.of(0x86), 1), 'critical'),
    extension('2.5.29.14', der.octets(keyId(spki))),
  ];
  const certificatePem = signed({
    issuer: { commonName }, subject: { commonName }, spki, extensions, signer: privateKey,
  });
  return { certificatePem, keyPem: pemKey(privateKey), key: privateKey, commonName };
};

/** An authority read back from its files; its name is its certificate's subject. */
export const loadAuthority = (identity: Identity): Authority => {
  const commonName = new X509Certificate(identity.certificatePem).subject.replace(/^CN=/, '');
  return { ...identity, key: createPrivateKey(identity.keyPem), commonName };
};

/** A certificate for one client or server, signed by the authority. */
export const issue = (authority: Authority, request: LeafRequest): Identity => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKeyInfo(privateKey);
  const purpose = request.usage === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
  const names = request.names ?? [];
  const extensions = [
    extension('2.5.29.19', der.sequence(), 'critical'),
    extension('2.5.29.15', der.bits(Uint8Array.of(0x80), 7), 'critical'),
    extension('2.5.29.37', der.sequence(der.objectId(purpose))),
    extension('2.5.29.14', der.octets(keyId(spki))),
    extension('2.5.29.35', der.sequence(der.element(0x80, keyId(publicKeyInfo(authority.key))))),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', der.sequence(...names.map(altName)))]),
  ];
  const certificatePem = signed({
    issuer: { commonName: authority.commonName },
    subject: request.subject, spki, extensions, signer: authority.key,
  });
  return { certificatePem, keyPem: pemKey(privateKey) };
};

type Unsigned = {
  readonly issuer: Subject;
  readonly subject: Subject;
  readonly spki: Der;
  readonly extensions: readonly Der[];
  readonly signer: KeyObject;
};

const signed = (certificate: Unsigned): string => {
  const algorithm = der.sequence(der.objectId(ECDSA_SHA256));
  // An hour back, because clocks of containers and hosts may differ.
  const from = new Date(Date.now() - 3_600_000);
  const until = new Date(from);
  until.setUTCFullYear(from.getUTCFullYear() + YEARS_VALID);
  const body = der.sequence(
    der.element(0xa0, der.integer(Uint8Array.of(2))),
    der.integer(randomBytes(16)),
    algorithm,
    distinguishedName(certificate.issuer),
    der.sequence(der.utcTime(from), der.utcTime(until)),
    distinguishedName(certificate.subject),
    certificate.spki,
    der.element(0xa3, der.sequence(...certificate.extensions)),
  );
  const signature = sign('sha256', body, certificate.signer);
  return pem('CERTIFICATE', der.sequence(body, algorithm, der.bits(signature)));
};

const distinguishedName = (subject: Subject): Der =>
  der.sequence(
    ...(subject.organizations ?? []).map((name) => attribute('2.5.4.10', name)),
    attribute('2.5.4.3', subject.commonName),
  );

const attribute = (id: string, value: string): Der =>
  der.set(der.sequence(der.objectId(id), der.utf8(value)));

const extension = (id: string, value: Der, critical?: 'critical'): Der =>
  der.sequence(
    der.objectId(id),
    ...(critical === undefined ? [] : [der.boolTrue()]),
    der.octets(value),
  );

const altName = (name: string): Der =>
  isIPv4(name)
    ? der.element(0x87, Uint8Array.from(name.split('.').map(Number)))
    : der.element(0x82, Buffer.from(name, 'ascii'));

const publicKeyInfo = (key: KeyObject): Der =>
  createPublicKey(key).export({ type: 'spki', format: 'der' });

const keyId = (spki: Der): Uint8Array => createHash('sha1').update(spki).digest();

const pemKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const pem = (label: string, content: Der): string => {
  const lines = Buffer.from(content).toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
};
