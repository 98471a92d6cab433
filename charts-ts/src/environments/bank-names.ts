// Names of the bank's objects.

/** What is called the same in every environment. */
export const BANK = {
  namespace: 'bank',
  app: 'ledger',
  gateway: 'bank',
  config: 'ledger',
  databaseSecret: 'ledger-db',
  tokensSecret: 'ledger-tokens',
  uploadsClaim: 'ledger-uploads',
  backupClaim: 'ledger-backup',
} as const;
