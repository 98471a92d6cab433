// The table of all routes: which path leads where.
import { documentTypes } from '../documents/content-type.ts';
import { captureRejections, holdRejections } from '../domain/hold.ts';
import { rejections } from '../domain/transfer.ts';
import type { Store } from '../store/store.ts';
import { createAccountEndpoint, getAccountEndpoint } from './account-endpoints.ts';
import {
  documentContentEndpoint,
  getDocumentEndpoint,
  listDocumentsEndpoint,
  uploadEndpoint,
} from './document-endpoints.ts';
import type { DocumentOptions } from './document-endpoints.ts';
import {
  authorizeHoldEndpoint,
  captureHoldEndpoint,
  getHoldEndpoint,
  releaseHoldEndpoint,
} from './hold-endpoints.ts';
import { ledgerSummaryEndpoint, versionEndpoint } from './ledger-endpoints.ts';
import type { Route } from './route.ts';
import * as schemas from './schemas.ts';
import { statementEndpoint } from './statement-endpoint.ts';
import { getTransferEndpoint, postTransferEndpoint } from './transfer-endpoints.ts';

export interface RouteOptions extends DocumentOptions {
  readonly version: string;
}

const ok = 200;
const created = 201;

/** Probes and /openapi.json itself are not in it: app.ts and openapi.ts know those. */
export function createRoutes(options: RouteOptions): readonly Route[] {
  const { version, store } = options;
  return [
    ...accountRoutes(store),
    ...transferRoutes(store),
    ...holdRoutes(store),
    ...documentRoutes(options),
    ...ledgerRoutes(store, version),
  ];
}

function accountRoutes(store: Store): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/accounts',
      summary: 'Open an account with a balance of zero',
      scope: 'accounts:write',
      body: schemas.accountBody,
      answer: { status: created, body: schemas.accountAnswer },
      problems: [],
      endpoint: createAccountEndpoint(store),
    },
    {
      method: 'get',
      path: '/accounts/:id',
      summary: 'An account, its balance, and what of it is not held',
      scope: 'accounts:read',
      answer: { status: ok, body: schemas.accountAnswer },
      problems: ['account-not-found'],
      endpoint: getAccountEndpoint(store),
    },
    {
      method: 'get',
      path: '/accounts/:id/statement',
      summary: 'What happened on an account, newest first',
      scope: 'accounts:read',
      query: schemas.pageQuery,
      answer: { status: ok, body: schemas.statementAnswer },
      problems: ['invalid-request', 'account-not-found'],
      endpoint: statementEndpoint(store),
    },
  ];
}

function transferRoutes(store: Store): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/transfers',
      summary: 'Move money once per key',
      scope: 'transfers:write',
      body: schemas.transferBody,
      keyed: 'keyed',
      answer: { status: created, body: schemas.transferAnswer },
      problems: rejections,
      endpoint: postTransferEndpoint(store),
    },
    {
      method: 'get',
      path: '/transfers/:id',
      summary: 'A transfer',
      scope: 'transfers:read',
      answer: { status: ok, body: schemas.transferAnswer },
      problems: ['transfer-not-found'],
      endpoint: getTransferEndpoint(store),
    },
  ];
}

function holdRoutes(store: Store): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/holds',
      summary: 'Set money aside once per key',
      scope: 'holds:write',
      body: schemas.holdBody,
      keyed: 'keyed',
      answer: { status: created, body: schemas.holdAnswer },
      problems: holdRejections,
      endpoint: authorizeHoldEndpoint(store),
    },
    {
      method: 'get',
      path: '/holds/:id',
      summary: 'A hold',
      scope: 'holds:read',
      answer: { status: ok, body: schemas.holdAnswer },
      problems: ['hold-not-found'],
      endpoint: getHoldEndpoint(store),
    },
    {
      method: 'post',
      path: '/holds/:id/capture',
      summary: 'Turn a hold, or a part of it, into a transfer once per key',
      scope: 'holds:write',
      body: schemas.captureBody,
      keyed: 'keyed',
      answer: { status: created, body: schemas.transferAnswer },
      problems: captureRejections,
      endpoint: captureHoldEndpoint(store),
    },
    {
      method: 'post',
      path: '/holds/:id/release',
      summary: 'Give held money back; twice is the same as once',
      scope: 'holds:write',
      answer: { status: ok, body: schemas.holdAnswer },
      problems: ['hold-not-found', 'hold-not-open'],
      endpoint: releaseHoldEndpoint(store),
    },
  ];
}

function documentRoutes(options: DocumentOptions): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/accounts/:id/documents',
      summary: 'Send a document; the same bytes again are the same document',
      scope: 'documents:write',
      upload: documentTypes,
      answer: { status: created, body: schemas.documentAnswer },
      problems: [
        'account-not-found',
        'invalid-request',
        'upload-incomplete',
        'body-too-large',
        'document-type-not-allowed',
        'document-type-mismatch',
        'digest-mismatch',
        'documents-off',
        'storage-unavailable',
      ],
      endpoint: uploadEndpoint(options),
    },
    {
      method: 'get',
      path: '/accounts/:id/documents',
      summary: 'The documents of an account, oldest first',
      scope: 'documents:read',
      query: schemas.pageQuery,
      answer: { status: ok, body: schemas.documentsAnswer },
      problems: ['invalid-request', 'account-not-found'],
      endpoint: listDocumentsEndpoint(options),
    },
    {
      method: 'get',
      path: '/documents/:id',
      summary: 'What is known of a document',
      scope: 'documents:read',
      answer: { status: ok, body: schemas.documentAnswer },
      problems: ['document-not-found'],
      endpoint: getDocumentEndpoint(options),
    },
    {
      method: 'get',
      path: '/documents/:id/content',
      summary: 'The bytes of a document',
      scope: 'documents:read',
      answer: { status: ok, body: { types: documentTypes } },
      problems: ['document-not-found', 'documents-off', 'storage-unavailable'],
      endpoint: documentContentEndpoint(options),
    },
  ];
}

function ledgerRoutes(store: Store, version: string): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/ledger/summary',
      summary: 'Totals per currency, and whether they add up',
      scope: 'ledger:read',
      answer: { status: ok, body: schemas.summaryAnswer },
      problems: [],
      endpoint: ledgerSummaryEndpoint(store),
    },
    {
      method: 'get',
      path: '/version',
      summary: 'The version that answers',
      scope: undefined,
      answer: { status: ok, body: schemas.versionAnswer },
      problems: [],
      endpoint: versionEndpoint(version),
    },
  ];
}
