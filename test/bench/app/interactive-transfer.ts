// A transfer as Prisma's guide does it: one interactive transaction, a statement at a time. The rival
// of post_transfer with the same rules, the same key, the same isolation and the same retries.
import { randomUUID } from 'node:crypto';

import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';

import { hashOrder } from '../../../app/src/domain/transfer.ts';
import type { TransferOrder } from '../../../app/src/domain/transfer.ts';
import { PrismaClient } from '../../../app/src/generated/client.ts';
import { defaultRetryPolicy, withRetry } from '../../../app/src/store/retry.ts';

export interface InteractiveStore {
  postTransfer(key: string, order: TransferOrder): Promise<'accepted' | 'rejected'>;
  close(): Promise<void>;
}

export function createInteractiveStore(pool: Pool): InteractiveStore {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    postTransfer: (key, order) =>
      withRetry(() => transferInteractively(prisma, { key, order }), defaultRetryPolicy),
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

function transferInteractively(
  prisma: PrismaClient,
  { key, order }: { key: string; order: TransferOrder },
): Promise<'accepted' | 'rejected'> {
  const { from, to, amount } = order;
  return prisma.$transaction(
    async (tx) => {
      const known = await tx.idempotencyKey.findUnique({ where: { key } });
      if (known !== null) return known.rejection === null ? 'accepted' : 'rejected';
      const payer = await tx.account.findUniqueOrThrow({ where: { id: from } });
      const payee = await tx.account.findUniqueOrThrow({ where: { id: to } });
      if (payer.currency !== payee.currency || payer.balance < amount) return 'rejected';
      await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } });
      await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } });
      const transfer = await tx.transfer.create({
        data: {
          id: randomUUID(),
          fromAccountId: from,
          toAccountId: to,
          amount,
          currency: payer.currency,
        },
      });
      await tx.posting.createMany({
        data: [
          { transferId: transfer.id, accountId: from, amount: -amount },
          { transferId: transfer.id, accountId: to, amount },
        ],
      });
      await tx.idempotencyKey.create({
        data: { key, requestHash: hashOrder(order), transferId: transfer.id },
      });
      return 'accepted';
    },
    { isolationLevel: 'Serializable', maxWait: 20_000, timeout: 20_000 },
  );
}
