-- The double-entry ledger: accounts, transfers, their postings, and the keys that make a transfer
-- safe to send twice. One simple query applies the whole file, so all of it happens or nothing.

CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "balance" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "account_kind_known" CHECK ("kind" IN ('customer', 'external')),
    CONSTRAINT "account_customer_not_overdrawn" CHECK ("kind" = 'external' OR "balance" >= 0)
) WITH (fillfactor = 70);
-- Room on each page keeps balance updates away from the index (heap-only), and so keeps two
-- transfers between four different accounts from looking like a conflict to SERIALIZABLE.

CREATE TABLE "transfer" (
    "id" UUID NOT NULL,
    "from_account_id" UUID NOT NULL,
    "to_account_id" UUID NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "reference" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "transfer_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "transfer_amount_positive" CHECK ("amount" > 0),
    CONSTRAINT "transfer_between_two_accounts" CHECK ("from_account_id" <> "to_account_id")
);

CREATE TABLE "posting" (
    "id" BIGSERIAL NOT NULL,
    "transfer_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "amount" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "posting_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "posting_amount_not_zero" CHECK ("amount" <> 0)
);

CREATE TABLE "idempotency_key" (
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "transfer_id" UUID,
    "rejection" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("key"),
    CONSTRAINT "idempotency_key_one_outcome" CHECK (("transfer_id" IS NULL) <> ("rejection" IS NULL))
);

CREATE UNIQUE INDEX "posting_transfer_id_account_id_key" ON "posting"("transfer_id", "account_id");
CREATE INDEX "posting_account_id_id_idx" ON "posting"("account_id", "id");
CREATE UNIQUE INDEX "idempotency_key_transfer_id_key" ON "idempotency_key"("transfer_id");

ALTER TABLE "transfer" ADD CONSTRAINT "transfer_from_account_id_fkey"
    FOREIGN KEY ("from_account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_to_account_id_fkey"
    FOREIGN KEY ("to_account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "posting" ADD CONSTRAINT "posting_transfer_id_fkey"
    FOREIGN KEY ("transfer_id") REFERENCES "transfer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "posting" ADD CONSTRAINT "posting_account_id_fkey"
    FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
-- Deferred: the key is taken before its transfer is written.
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_transfer_id_fkey"
    FOREIGN KEY ("transfer_id") REFERENCES "transfer"("id") ON DELETE RESTRICT ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED;

-- Moves money once per key, in one round trip. Outcomes:
--   accepted   the transfer was made now
--   replayed   the key was used before with the same request; its first answer follows
--   rejected   refused for the reason given, now or when the key was first used
--   key-reused the key was used before with another request
--   in-flight  another connection is working on the same key
-- The key is inserted before it is read: a read first would make strangers' keys on the same index
-- page look like conflicts to SERIALIZABLE.
CREATE FUNCTION "post_transfer"(
    p_key TEXT, p_request_hash TEXT, p_transfer_id UUID, p_from UUID, p_to UUID,
    p_amount BIGINT, p_reference TEXT
) RETURNS TABLE ("outcome" TEXT, "rejection" TEXT, "transfer_id" UUID, "currency" TEXT, "created_at" TIMESTAMPTZ)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    stored "idempotency_key"%ROWTYPE;
    payer "account"%ROWTYPE;
    payee "account"%ROWTYPE;
    locked "account"%ROWTYPE;
    refusal TEXT;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_key, 7263)) THEN
        RETURN QUERY SELECT 'in-flight', NULL::TEXT, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    INSERT INTO "idempotency_key" ("key", "request_hash", "transfer_id")
    VALUES (p_key, p_request_hash, p_transfer_id)
    ON CONFLICT ("key") DO NOTHING;

    IF NOT FOUND THEN
        SELECT * INTO STRICT stored FROM "idempotency_key" k WHERE k."key" = p_key;
        IF stored."request_hash" <> p_request_hash THEN
            RETURN QUERY SELECT 'key-reused', NULL::TEXT, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ;
        ELSIF stored."rejection" IS NOT NULL THEN
            RETURN QUERY SELECT 'rejected', stored."rejection", NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ;
        ELSE
            RETURN QUERY SELECT 'replayed', NULL::TEXT, t."id", t."currency"::TEXT, t."created_at"
                FROM "transfer" t WHERE t."id" = stored."transfer_id";
        END IF;
        RETURN;
    END IF;

    -- Always in the order of the ids, so that two opposite transfers cannot wait for each other.
    FOR locked IN
        SELECT * FROM "account" a WHERE a."id" IN (p_from, p_to) ORDER BY a."id" FOR NO KEY UPDATE
    LOOP
        IF locked."id" = p_from THEN payer := locked; ELSE payee := locked; END IF;
    END LOOP;

    refusal := CASE
        WHEN payer."id" IS NULL THEN 'payer-not-found'
        WHEN payee."id" IS NULL THEN 'payee-not-found'
        WHEN payer."currency" <> payee."currency" THEN 'currency-mismatch'
        WHEN payer."kind" = 'customer' AND payer."balance" < p_amount THEN 'insufficient-funds'
    END;
    IF refusal IS NOT NULL THEN
        UPDATE "idempotency_key" k SET "rejection" = refusal, "transfer_id" = NULL WHERE k."key" = p_key;
        RETURN QUERY SELECT 'rejected', refusal, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    UPDATE "account" a
    SET "balance" = a."balance" + CASE WHEN a."id" = p_from THEN -p_amount ELSE p_amount END
    WHERE a."id" IN (p_from, p_to);

    INSERT INTO "transfer" ("id", "from_account_id", "to_account_id", "amount", "currency", "reference")
    VALUES (p_transfer_id, p_from, p_to, p_amount, payer."currency", p_reference);

    INSERT INTO "posting" ("transfer_id", "account_id", "amount")
    VALUES (p_transfer_id, p_from, -p_amount), (p_transfer_id, p_to, p_amount);

    RETURN QUERY SELECT 'accepted', NULL::TEXT, p_transfer_id, payer."currency"::TEXT, CURRENT_TIMESTAMP;
END
$function$;
