// How the files of one set are sealed: under a key of the set's own, which the manifest carries wrapped by
// a key of the ring. The manifest is authenticated with the set's key as well.
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Readable } from 'node:stream';

import { keyOf } from './key-ring.ts';
import type { KeyRing, WrappingKey } from './key-ring.ts';
import { canonicalManifest } from './manifest.ts';
import type { Encryption, Manifest } from './manifest.ts';
import { deriveKey, seal, unseal } from './sealing.ts';

const chunkBytes = 1_048_576;
const [nonceBytes, tagBytes] = [12, 16];

/** Seals and opens; without a ring it hands content on as it is. */
export interface SetCipher {
  seal(file: string, content: Readable): Readable;
  open(file: string, stored: Readable): Readable;
  /** The manifest with what a reader needs to open the set. */
  sign(manifest: Manifest): Manifest;
}

const plain: SetCipher = {
  seal: (_file, content) => content,
  open: (_file, stored) => stored,
  sign: (manifest) => manifest,
};

/** For a new set. */
export function newCipher(id: string, ring: KeyRing | undefined): SetCipher {
  if (ring === undefined) return plain;
  const setKey = randomBytes(32);
  const wrapped = {
    algorithm: 'AES-256-GCM',
    chunkBytes,
    keyId: ring.current.id,
    wrappedKey: wrap(setKey, ring.current, id),
  } as const;
  return cipherOf(setKey, id, wrapped);
}

/** For a set that is there. Throws when its key is not in the ring or its manifest was changed. */
export function openCipher(manifest: Manifest, ring: KeyRing | undefined): SetCipher {
  const { encryption, id } = manifest;
  if (encryption === undefined) return plain;
  const setKey = unwrap(encryption.wrappedKey, keyOf(ring, encryption.keyId, id), id);
  const { mac, ...wrapped } = encryption;
  const want = Buffer.from(macOf(setKey, manifest), 'hex');
  const actual = Buffer.from(mac, 'hex');
  if (actual.length !== want.length || !timingSafeEqual(want, actual))
    throw new Error(`the manifest of set ${id} is not the one that was sealed: somebody changed it`);
  return cipherOf(setKey, id, wrapped);
}

function cipherOf(setKey: Buffer, id: string, wrapped: Omit<Encryption, 'mac'>): SetCipher {
  const sealOf = (file: string) => ({
    key: deriveKey(setKey, `file ${id}/${file}`),
    chunkBytes: wrapped.chunkBytes,
    file: `${id}/${file}`,
  });
  return {
    seal: (file, content) => seal(content, sealOf(file)),
    open: (file, stored) => unseal(stored, sealOf(file)),
    sign: (manifest) => {
      const unsigned = { ...manifest, encryption: { ...wrapped, mac: '' } };
      return { ...unsigned, encryption: { ...wrapped, mac: macOf(setKey, unsigned) } };
    },
  };
}

function macOf(setKey: Buffer, manifest: Manifest): string {
  const key = deriveKey(setKey, 'manifest');
  return createHmac('sha256', key).update(canonicalManifest(manifest)).digest('hex');
}

/* The set's id is authenticated too: a wrapped key does not fit into another set's manifest. */
function wrap(setKey: Buffer, { bytes }: WrappingKey, id: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(id));
  return Buffer.concat([nonce, cipher.update(setKey), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function unwrap(wrapped: string, { id: keyId, bytes }: WrappingKey, id: string): Buffer {
  const all = Buffer.from(wrapped, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', bytes, all.subarray(0, nonceBytes));
    decipher.setAAD(Buffer.from(id)).setAuthTag(all.subarray(-tagBytes));
    return Buffer.concat([decipher.update(all.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch (error) {
    throw new Error(`key ${keyId} does not open set ${id}: the wrapped key in its manifest was changed`, {
      cause: error,
    });
  }
}
