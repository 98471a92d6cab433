// One bucket in memory: versions of objects, delete markers, retention, uploads in parts.
import { createHash, randomBytes } from 'node:crypto';

import { errors, S3Error } from './s3-error.ts';

export interface Retention {
  readonly mode: string;
  readonly until: number;
}

export interface StoredObject {
  readonly key: string;
  readonly versionId: string;
  /** Empty for a delete marker. */
  readonly body: Buffer;
  readonly isDeleteMarker: boolean;
  readonly etag: string;
  readonly storageClass: string;
  readonly retention: Retention | undefined;
  readonly modifiedAt: Date;
}

export interface Conditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifMatch: string | undefined;
}

export interface Attributes {
  readonly storageClass: string;
  readonly retention: Retention | undefined;
}

export interface Upload {
  readonly key: string;
  readonly attributes: Attributes;
  readonly parts: Map<number, { readonly body: Buffer; readonly etag: string }>;
}

export interface ListedPart {
  readonly number: number;
  readonly etag: string;
}

export interface BucketOptions {
  readonly name: string;
  /** Object lock, and versions with it. */
  readonly hasLock: boolean;
  readonly now: () => number;
}

export class Bucket {
  readonly name: string;
  readonly hasLock: boolean;
  readonly uploads = new Map<string, Upload>();
  private readonly now: () => number;
  /** Versions of each key, the newest last. */
  private readonly versions = new Map<string, StoredObject[]>();

  constructor({ name, hasLock, now }: BucketOptions) {
    this.name = name;
    this.hasLock = hasLock;
    this.now = now;
  }

  /** Undefined when there is none, or a delete marker hides it. */
  find(key: string, versionId?: string): StoredObject | undefined {
    const all = this.versions.get(key) ?? [];
    const found = versionId === undefined ? all.at(-1) : all.find((one) => one.versionId === versionId);
    return found?.isDeleteMarker === true ? undefined : found;
  }

  versionsOf(key: string): readonly StoredObject[] {
    return this.versions.get(key) ?? [];
  }

  /** Keys of all objects that can be seen, in order. */
  keys(): readonly string[] {
    return [...this.versions.keys()].filter((key) => this.find(key) !== undefined).toSorted();
  }

  check(key: string, { ifNoneMatch, ifMatch }: Conditions): void {
    const current = this.find(key);
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw errors.notImplemented('If-None-Match with an ETag');
    if (ifNoneMatch === '*' && current !== undefined) throw errors.precondition();
    if (ifMatch === undefined) return;
    if (current === undefined) throw errors.noSuchKey();
    if (ifMatch.replaceAll('"', '') !== current.etag) throw errors.precondition();
  }

  put(key: string, body: Buffer, attributes: Attributes & { readonly etag?: string }): StoredObject {
    if (attributes.retention !== undefined && !this.hasLock)
      throw errors.invalid('Bucket is missing Object Lock Configuration');
    const stored: StoredObject = {
      key,
      body,
      isDeleteMarker: false,
      versionId: randomBytes(8).toString('hex'),
      etag: attributes.etag ?? createHash('md5').update(body).digest('hex'),
      storageClass: attributes.storageClass,
      retention: attributes.retention,
      modifiedAt: new Date(this.now()),
    };
    this.versions.set(key, this.hasLock ? [...this.versionsOf(key), stored] : [stored]);
    return stored;
  }

  /** Without a version: hides the object where there are versions, else removes it. */
  delete(key: string, versionId?: string): void {
    if (versionId !== undefined) return this.deleteVersion(key, versionId);
    if (!this.hasLock) return void this.versions.delete(key);
    const marker: StoredObject = {
      ...(this.find(key) ?? { key, etag: '', storageClass: 'STANDARD' }),
      body: Buffer.alloc(0),
      isDeleteMarker: true,
      versionId: randomBytes(8).toString('hex'),
      retention: undefined,
      modifiedAt: new Date(this.now()),
    };
    this.versions.set(key, [...this.versionsOf(key), marker]);
  }

  private deleteVersion(key: string, versionId: string): void {
    const found = this.versionsOf(key).find((one) => one.versionId === versionId);
    if (found?.retention !== undefined && found.retention.until > this.now())
      throw errors.denied('Access Denied because object protected by object lock.');
    this.versions.set(key, this.versionsOf(key).filter((one) => one !== found));
  }

  uploadOf(uploadId: string, key: string): Upload {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) throw errors.noSuchUpload();
    return upload;
  }

  /** Joins the listed parts. Each but the last has 5 MiB at least. */
  complete(upload: Upload, listed: readonly ListedPart[]): StoredObject {
    if (listed.length === 0) throw new S3Error(400, 'MalformedXML', 'The XML you provided was not well-formed');
    if (listed.some(({ number }, at) => number <= (listed[at - 1]?.number ?? 0)))
      throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
    const parts = listed.map(({ number, etag }, at) => {
      const part = upload.parts.get(number);
      if (part === undefined || part.etag !== etag)
        throw new S3Error(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
      if (at < listed.length - 1 && part.body.length < 5_242_880)
        throw new S3Error(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
      return part;
    });
    const hashes = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex')));
    const etag = `${createHash('md5').update(hashes).digest('hex')}-${parts.length}`;
    return this.put(upload.key, Buffer.concat(parts.map(({ body }) => body)), { ...upload.attributes, etag });
  }
}
