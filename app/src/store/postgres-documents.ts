// What is known of documents, in PostgreSQL. One query each.
import type { Document, DocumentQuery, NewDocument } from '../domain/document.ts';
import type { PrismaClient } from '../generated/client.ts';
import { withRetry } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import type { DocumentStore } from './store.ts';

export function createPostgresDocuments(prisma: PrismaClient, retry: RetryPolicy): DocumentStore {
  return {
    addDocument: (document) => withRetry(() => add(prisma, document), retry),
    findDocument: (id) =>
      withRetry(async () => {
        const rows = await prisma.$queryRaw<DocumentRow[]>`
          SELECT id, account_id, sha256::text AS sha256, size_bytes, content_type, created_at
            FROM document WHERE id = ${id}::uuid`;
        return rows[0] === undefined ? undefined : toDocument(rows[0]);
      }, retry),
    listDocuments: (query) => withRetry(() => list(prisma, query), retry),
  };
}

interface DocumentRow {
  readonly id: string;
  readonly account_id: string;
  readonly sha256: string;
  readonly size_bytes: bigint;
  readonly content_type: string;
  readonly created_at: Date;
}

/** The same bytes of the same account are one document; the first one stays. */
async function add(prisma: PrismaClient, document: NewDocument): Promise<Document> {
  const { id, account, sha256, sizeBytes, contentType } = document;
  const rows = await prisma.$queryRaw<DocumentRow[]>`
    WITH added AS (
      INSERT INTO document (id, account_id, sha256, size_bytes, content_type)
      VALUES (${id}::uuid, ${account}::uuid, ${sha256}::char(64), ${sizeBytes}::bigint, ${contentType}::text)
      ON CONFLICT (account_id, sha256) DO NOTHING
      RETURNING id, account_id, sha256::text AS sha256, size_bytes, content_type, created_at)
    SELECT * FROM added
    UNION ALL
    SELECT id, account_id, sha256::text, size_bytes, content_type, created_at
      FROM document WHERE account_id = ${account}::uuid AND sha256 = ${sha256}::char(64)
    LIMIT 1`;
  if (rows[0] === undefined) throw new Error('the document is neither new nor known');
  return toDocument(rows[0]);
}

async function list(
  prisma: PrismaClient,
  { account, limit, after }: DocumentQuery,
): Promise<readonly Document[]> {
  const rows = await prisma.$queryRaw<DocumentRow[]>`
    SELECT id, account_id, sha256::text AS sha256, size_bytes, content_type, created_at
      FROM document
     WHERE account_id = ${account}::uuid
       AND (${after ?? null}::uuid IS NULL OR (created_at, id) > (
         SELECT created_at, id FROM document
          WHERE id = ${after ?? null}::uuid AND account_id = ${account}::uuid))
     ORDER BY created_at, id LIMIT ${limit}::integer`;
  return rows.map(toDocument);
}

function toDocument(row: DocumentRow): Document {
  return {
    id: row.id,
    account: row.account_id,
    sha256: row.sha256,
    sizeBytes: Number(row.size_bytes),
    contentType: row.content_type,
    createdAt: row.created_at,
  };
}
