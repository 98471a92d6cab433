-- Documents of customers. The bytes lie beside the database under the name of their hash; a row says
-- whose they are. Only adds: a version that knows nothing of it goes on working.

-- The foreign key locks "account" for a moment. Rather fail and be tried again than hold requests up.
SET LOCAL lock_timeout = '3s';

CREATE TABLE "document" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "sha256" CHAR(64) NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "content_type" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "document_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "document_sha256_hex" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "document_size_positive" CHECK ("size_bytes" > 0),
    CONSTRAINT "document_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id")
        ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- The same bytes of the same customer are one document, however often they are sent.
CREATE UNIQUE INDEX "document_account_id_sha256_key" ON "document"("account_id", "sha256");
CREATE INDEX "document_account_id_created_at_id_idx" ON "document"("account_id", "created_at", "id");
