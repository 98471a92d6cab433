// The newest migration this program was written against. A test compares it with prisma/migrations.

/** The app is not ready before this migration is in the database. */
export const requiredMigration = '20261128100100_holds_checked';
