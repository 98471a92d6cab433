-- Looks whether the rows that were there before keep the new rules. By itself, because it reads whole
-- tables: here it locks out no reader and no writer of rows.
SET LOCAL lock_timeout = '3s';

ALTER TABLE "account" VALIDATE CONSTRAINT "account_held_covered";
ALTER TABLE "idempotency_key" VALIDATE CONSTRAINT "idempotency_key_one_outcome";
