// What a token can be allowed. A route asks for one of them, or for none.

export const scopes = [
  'accounts:read',
  'accounts:write',
  'transfers:read',
  'transfers:write',
  'holds:read',
  'holds:write',
  'documents:read',
  'documents:write',
  'ledger:read',
] as const;

export type Scope = (typeof scopes)[number];
