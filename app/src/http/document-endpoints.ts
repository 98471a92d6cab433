// Documents: send one, list them, look at one, get its bytes.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';

import type { Request } from 'express';

import type { Blobs } from '../documents/blobs.ts';
import { readDocumentType } from '../documents/content-type.ts';
import { receiveUpload, tooLarge } from '../documents/receive.ts';
import type { Document } from '../domain/document.ts';
import { Problem } from '../domain/problem.ts';
import type { Store } from '../store/store.ts';
import type { Endpoint } from './endpoint.ts';
import { readDigest, readDocumentQuery, readId } from './requests.ts';

export interface DocumentOptions {
  readonly store: Store;
  /** undefined: this deployment keeps no documents. */
  readonly blobs: Blobs | undefined;
  readonly maxBytes: number;
}

/** First the bytes, then the row: whoever reads a row finds its bytes. */
export function uploadEndpoint({ store, blobs, maxBytes }: DocumentOptions): Endpoint {
  return async (request) => {
    const account = readId(request.params['id'], 'account-not-found');
    if (blobs === undefined) throw new Problem('documents-off');
    const type = readUploadType(request);
    const expectedSha256 = readDigest(request);
    if (Number(request.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if ((await store.findAccount(account)) === undefined) throw new Problem('account-not-found');
    const limits = { dir: blobs.incomingDir, maxBytes, type, expectedSha256 };
    const { file, sha256, sizeBytes } = await receiveUpload(request, limits);
    try {
      await blobs.publish(file, { sha256, sizeBytes });
    } finally {
      await rm(file, { force: true });
    }
    const id = randomUUID();
    const document = await store.addDocument({ id, account, sha256, sizeBytes, contentType: type });
    return {
      status: 201,
      body: renderDocument(document),
      headers: {
        location: `/documents/${document.id}`,
        ...(document.id === id ? {} : { 'idempotent-replayed': 'true' }),
      },
    };
  };
}

export function listDocumentsEndpoint({ store }: DocumentOptions): Endpoint {
  return async (request) => {
    const query = readDocumentQuery(request);
    const found = await store.listDocuments({ ...query, limit: query.limit + 1 });
    if (found.length === 0 && (await store.findAccount(query.account)) === undefined)
      throw new Problem('account-not-found');
    const documents = found.slice(0, query.limit);
    const last = found.length > query.limit ? documents.at(-1) : undefined;
    const next = last === undefined ? {} : { next: last.id };
    return { status: 200, body: { documents: documents.map(renderDocument), ...next } };
  };
}

export function getDocumentEndpoint({ store }: DocumentOptions): Endpoint {
  return async (request) => ({
    status: 200,
    body: renderDocument(await findDocument(store, request)),
  });
}

/** Bytes of strangers: a browser is told to store them, not to show or run them. */
export function documentContentEndpoint({ store, blobs }: DocumentOptions): Endpoint {
  return async (request) => {
    if (blobs === undefined) throw new Problem('documents-off');
    const { sha256, sizeBytes, contentType } = await findDocument(store, request);
    const stream = await blobs.open(sha256);
    if (stream === undefined) throw new Error(`the bytes of document ${sha256} are missing`);
    return {
      status: 200,
      stream,
      headers: {
        'content-type': contentType,
        'content-length': String(sizeBytes),
        'content-disposition': 'attachment',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      },
    };
  };
}

async function findDocument(store: Store, request: Request): Promise<Document> {
  const document = await store.findDocument(readId(request.params['id'], 'document-not-found'));
  if (document === undefined) throw new Problem('document-not-found');
  return document;
}

/** A packed body could be anything once unpacked, so none is taken. */
function readUploadType(request: Request) {
  const type = readDocumentType(request.get('content-type'));
  if (type === undefined || (request.get('content-encoding') ?? 'identity') !== 'identity')
    throw new Problem('document-type-not-allowed');
  return type;
}

function renderDocument({ createdAt, ...document }: Document): object {
  return { ...document, createdAt: createdAt.toISOString() };
}
