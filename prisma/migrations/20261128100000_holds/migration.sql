-- Holds: money of an account set aside until it is captured, released, or the hold expires. What an
-- account can spend is its balance less its open holds. Only adds: a version that knows nothing of
-- holds goes on working, and post_transfer keeps its signature.

-- "account" is locked for a moment. Rather fail and be tried again than hold requests up.
SET LOCAL lock_timeout = '3s';

-- The sum of the account's open holds, so that a transfer need not add them up. A hold that has
-- expired stays in it until somebody wants the money.
ALTER TABLE "account" ADD COLUMN "held" BIGINT NOT NULL DEFAULT 0;
-- Checked for what is written from now on; the next migration looks at the rows that are there.
ALTER TABLE "account" ADD CONSTRAINT "account_held_covered"
    CHECK ("held" >= 0 AND ("kind" = 'external' OR "held" <= "balance")) NOT VALID;

CREATE TABLE "hold" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "reference" TEXT,
    "state" TEXT NOT NULL DEFAULT 'open',
    "transfer_id" UUID,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "hold_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "hold_amount_positive" CHECK ("amount" > 0),
    CONSTRAINT "hold_state_known" CHECK ("state" IN ('open', 'captured', 'released', 'expired')),
    CONSTRAINT "hold_captured_by_a_transfer" CHECK (("state" = 'captured') = ("transfer_id" IS NOT NULL)),
    CONSTRAINT "hold_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id")
        ON DELETE RESTRICT ON UPDATE RESTRICT,
    CONSTRAINT "hold_transfer_id_fkey" FOREIGN KEY ("transfer_id") REFERENCES "transfer"("id")
        ON DELETE RESTRICT ON UPDATE RESTRICT
);
CREATE UNIQUE INDEX "hold_transfer_id_key" ON "hold"("transfer_id");
CREATE INDEX "hold_account_id_open_idx" ON "hold"("account_id") WHERE "state" = 'open';

-- A key now stands for a transfer, a hold or a refusal.
ALTER TABLE "idempotency_key" ADD COLUMN "hold_id" UUID;
ALTER TABLE "idempotency_key" DROP CONSTRAINT "idempotency_key_one_outcome";
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_one_outcome"
    CHECK (num_nonnulls("transfer_id", "hold_id", "rejection") = 1) NOT VALID;

-- Ends the account's expired holds and returns what they set aside. The caller has locked the
-- account and takes the sum off "held" itself, together with whatever else it changes.
CREATE FUNCTION "expire_holds"(p_account UUID) RETURNS BIGINT
LANGUAGE sql AS $function$
    WITH ended AS (
        UPDATE "hold" h SET "state" = 'expired'
         WHERE h."account_id" = p_account AND h."state" = 'open' AND h."expires_at" <= clock_timestamp()
        RETURNING h."amount")
    SELECT coalesce(sum(e."amount"), 0)::BIGINT FROM ended e;
$function$;

-- As before, but for what is held: see the first migration for the outcomes and the order of locks.
-- The holds themselves are only looked at when the money would not be enough otherwise.
CREATE OR REPLACE FUNCTION "post_transfer"(
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
    freed BIGINT := 0;
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

    FOR locked IN
        SELECT * FROM "account" a WHERE a."id" IN (p_from, p_to) ORDER BY a."id" FOR NO KEY UPDATE
    LOOP
        IF locked."id" = p_from THEN payer := locked; ELSE payee := locked; END IF;
    END LOOP;

    IF payer."kind" = 'customer' AND payer."held" > 0 AND payer."balance" - payer."held" < p_amount THEN
        freed := expire_holds(p_from);
        payer."held" := payer."held" - freed;
    END IF;

    refusal := CASE
        WHEN payer."id" IS NULL THEN 'payer-not-found'
        WHEN payee."id" IS NULL THEN 'payee-not-found'
        WHEN payer."currency" <> payee."currency" THEN 'currency-mismatch'
        WHEN payer."kind" = 'customer' AND payer."balance" - payer."held" < p_amount
            THEN 'insufficient-funds'
    END;
    IF refusal IS NOT NULL THEN
        IF freed > 0 THEN
            UPDATE "account" a SET "held" = a."held" - freed WHERE a."id" = p_from;
        END IF;
        UPDATE "idempotency_key" k SET "rejection" = refusal, "transfer_id" = NULL WHERE k."key" = p_key;
        RETURN QUERY SELECT 'rejected', refusal, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    UPDATE "account" a
    SET "balance" = a."balance" + CASE WHEN a."id" = p_from THEN -p_amount ELSE p_amount END,
        "held" = a."held" - CASE WHEN a."id" = p_from THEN freed ELSE 0 END
    WHERE a."id" IN (p_from, p_to);

    INSERT INTO "transfer" ("id", "from_account_id", "to_account_id", "amount", "currency", "reference")
    VALUES (p_transfer_id, p_from, p_to, p_amount, payer."currency", p_reference);

    INSERT INTO "posting" ("transfer_id", "account_id", "amount")
    VALUES (p_transfer_id, p_from, -p_amount), (p_transfer_id, p_to, p_amount);

    RETURN QUERY SELECT 'accepted', NULL::TEXT, p_transfer_id, payer."currency"::TEXT, CURRENT_TIMESTAMP;
END
$function$;

-- Sets money aside once per key. Outcomes as of post_transfer; refusals are account-not-found and
-- insufficient-funds.
CREATE FUNCTION "authorize_hold"(
    p_key TEXT, p_request_hash TEXT, p_hold_id UUID, p_account UUID, p_amount BIGINT,
    p_expires_in_seconds INTEGER, p_reference TEXT
) RETURNS TABLE ("outcome" TEXT, "rejection" TEXT, "hold_id" UUID, "currency" TEXT,
    "expires_at" TIMESTAMPTZ, "created_at" TIMESTAMPTZ)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    stored "idempotency_key"%ROWTYPE;
    payer "account"%ROWTYPE;
    freed BIGINT := 0;
    refusal TEXT;
    ends TIMESTAMPTZ := CURRENT_TIMESTAMP + make_interval(secs => p_expires_in_seconds);
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_key, 7263)) THEN
        RETURN QUERY SELECT 'in-flight', NULL::TEXT, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    INSERT INTO "idempotency_key" ("key", "request_hash", "hold_id")
    VALUES (p_key, p_request_hash, p_hold_id)
    ON CONFLICT ("key") DO NOTHING;

    IF NOT FOUND THEN
        SELECT * INTO STRICT stored FROM "idempotency_key" k WHERE k."key" = p_key;
        IF stored."request_hash" <> p_request_hash THEN
            RETURN QUERY SELECT 'key-reused', NULL::TEXT, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ, NULL::TIMESTAMPTZ;
        ELSIF stored."rejection" IS NOT NULL THEN
            RETURN QUERY SELECT 'rejected', stored."rejection", NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ, NULL::TIMESTAMPTZ;
        ELSE
            RETURN QUERY SELECT 'replayed', NULL::TEXT, h."id", h."currency"::TEXT, h."expires_at", h."created_at"
                FROM "hold" h WHERE h."id" = stored."hold_id";
        END IF;
        RETURN;
    END IF;

    SELECT * INTO payer FROM "account" a WHERE a."id" = p_account FOR NO KEY UPDATE;
    IF payer."held" > 0 THEN
        freed := expire_holds(p_account);
    END IF;
    refusal := CASE
        WHEN payer."id" IS NULL THEN 'account-not-found'
        WHEN payer."kind" = 'customer' AND payer."balance" - payer."held" + freed < p_amount
            THEN 'insufficient-funds'
    END;
    UPDATE "account" a
    SET "held" = a."held" - freed + CASE WHEN refusal IS NULL THEN p_amount ELSE 0 END
    WHERE a."id" = p_account AND (refusal IS NULL OR freed > 0);
    IF refusal IS NOT NULL THEN
        UPDATE "idempotency_key" k SET "rejection" = refusal, "hold_id" = NULL WHERE k."key" = p_key;
        RETURN QUERY SELECT 'rejected', refusal, NULL::UUID, NULL::TEXT, NULL::TIMESTAMPTZ, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    INSERT INTO "hold" ("id", "account_id", "amount", "currency", "reference", "expires_at")
    VALUES (p_hold_id, p_account, p_amount, payer."currency", p_reference, ends);
    RETURN QUERY SELECT 'accepted', NULL::TEXT, p_hold_id, payer."currency"::TEXT, ends, CURRENT_TIMESTAMP;
END
$function$;

-- Turns a hold into a transfer once per key: of all of it, or of p_amount, and then the rest is free
-- again. Outcomes as of post_transfer.
CREATE FUNCTION "capture_hold"(
    p_key TEXT, p_request_hash TEXT, p_transfer_id UUID, p_hold UUID, p_to UUID, p_amount BIGINT
) RETURNS TABLE ("outcome" TEXT, "rejection" TEXT, "transfer_id" UUID, "from_account_id" UUID,
    "to_account_id" UUID, "amount" BIGINT, "currency" TEXT, "reference" TEXT, "created_at" TIMESTAMPTZ)
LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    stored "idempotency_key"%ROWTYPE;
    captured "hold"%ROWTYPE;
    payee "account"%ROWTYPE;
    locked "account"%ROWTYPE;
    refusal TEXT;
    answer TEXT := 'accepted';
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_key, 7263)) THEN
        RETURN QUERY SELECT 'in-flight', NULL::TEXT, NULL::UUID, NULL::UUID, NULL::UUID, NULL::BIGINT,
            NULL::TEXT, NULL::TEXT, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    INSERT INTO "idempotency_key" ("key", "request_hash", "transfer_id")
    VALUES (p_key, p_request_hash, p_transfer_id)
    ON CONFLICT ("key") DO NOTHING;

    IF NOT FOUND THEN
        SELECT * INTO STRICT stored FROM "idempotency_key" k WHERE k."key" = p_key;
        IF stored."request_hash" <> p_request_hash THEN
            answer := 'key-reused';
        ELSIF stored."rejection" IS NOT NULL THEN
            answer := 'rejected';
        ELSE
            answer := 'replayed';
        END IF;
        RETURN QUERY SELECT answer, stored."rejection", t."id", t."from_account_id", t."to_account_id",
                t."amount", t."currency"::TEXT, t."reference", t."created_at"
            FROM (SELECT 1) one LEFT JOIN "transfer" t
              ON t."id" = stored."transfer_id" AND answer = 'replayed';
        RETURN;
    END IF;

    -- The hold says whose account it is; accounts are locked first, in the order of their ids.
    SELECT * INTO captured FROM "hold" h WHERE h."id" = p_hold;
    FOR locked IN
        SELECT * FROM "account" a WHERE a."id" IN (captured."account_id", p_to)
        ORDER BY a."id" FOR NO KEY UPDATE
    LOOP
        IF locked."id" = p_to THEN payee := locked; END IF;
    END LOOP;
    SELECT * INTO captured FROM "hold" h WHERE h."id" = p_hold FOR NO KEY UPDATE;

    refusal := CASE
        WHEN captured."id" IS NULL THEN 'hold-not-found'
        WHEN captured."state" IN ('captured', 'released') THEN 'hold-not-open'
        WHEN captured."state" = 'expired' OR captured."expires_at" <= clock_timestamp()
            THEN 'hold-expired'
        WHEN payee."id" IS NULL OR payee."id" = captured."account_id" THEN 'payee-not-found'
        WHEN payee."currency" <> captured."currency" THEN 'currency-mismatch'
        WHEN p_amount > captured."amount" THEN 'capture-too-large'
    END;
    IF refusal IS NOT NULL THEN
        UPDATE "idempotency_key" k SET "rejection" = refusal, "transfer_id" = NULL WHERE k."key" = p_key;
        RETURN QUERY SELECT 'rejected', refusal, NULL::UUID, NULL::UUID, NULL::UUID, NULL::BIGINT,
            NULL::TEXT, NULL::TEXT, NULL::TIMESTAMPTZ;
        RETURN;
    END IF;

    UPDATE "account" a
    SET "balance" = a."balance"
            + CASE WHEN a."id" = p_to THEN 1 ELSE -1 END * coalesce(p_amount, captured."amount"),
        "held" = a."held" - CASE WHEN a."id" = p_to THEN 0 ELSE captured."amount" END
    WHERE a."id" IN (captured."account_id", p_to);

    INSERT INTO "transfer" ("id", "from_account_id", "to_account_id", "amount", "currency", "reference")
    VALUES (p_transfer_id, captured."account_id", p_to, coalesce(p_amount, captured."amount"),
        captured."currency", captured."reference");
    INSERT INTO "posting" ("transfer_id", "account_id", "amount")
    VALUES (p_transfer_id, captured."account_id", -coalesce(p_amount, captured."amount")),
        (p_transfer_id, p_to, coalesce(p_amount, captured."amount"));
    UPDATE "hold" h SET "state" = 'captured', "transfer_id" = p_transfer_id WHERE h."id" = p_hold;

    RETURN QUERY SELECT 'accepted', NULL::TEXT, p_transfer_id, captured."account_id", p_to,
        coalesce(p_amount, captured."amount"), captured."currency"::TEXT, captured."reference",
        CURRENT_TIMESTAMP;
END
$function$;

-- Gives the money of an open hold back. Releasing twice is the same as once. Outcomes: released,
-- not-found, not-open (it was captured); an expired one says released, its money is free as well.
CREATE FUNCTION "release_hold"(p_hold UUID) RETURNS TEXT
LANGUAGE plpgsql AS $function$
DECLARE
    target "hold"%ROWTYPE;
BEGIN
    SELECT * INTO target FROM "hold" h WHERE h."id" = p_hold;
    IF NOT FOUND THEN
        RETURN 'not-found';
    END IF;
    PERFORM 1 FROM "account" a WHERE a."id" = target."account_id" FOR NO KEY UPDATE;
    SELECT * INTO target FROM "hold" h WHERE h."id" = p_hold FOR NO KEY UPDATE;
    IF target."state" = 'captured' THEN
        RETURN 'not-open';
    END IF;
    IF target."state" = 'open' THEN
        UPDATE "hold" h SET "state" = 'released' WHERE h."id" = p_hold;
        UPDATE "account" a SET "held" = a."held" - target."amount" WHERE a."id" = target."account_id";
    END IF;
    RETURN 'released';
END
$function$;
