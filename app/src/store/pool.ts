// The one connection pool of a pod, with every wait bounded.
import { Pool } from 'pg';

import type { ConnectionConfig } from './connection-config.ts';

export interface PoolOptions {
  readonly connection: ConnectionConfig;
  readonly size: number;
  readonly applicationName: string;
  /** An idle connection broke; the pool replaces it by itself. */
  readonly onIdleError: (error: Error) => void;
}

/** Opens no connection yet. Every transaction in it is serializable without asking for it. */
export function createPool({ connection, size, applicationName, onIdleError }: PoolOptions): Pool {
  const pool = new Pool({
    ...connection,
    max: size,
    application_name: applicationName,
    // A single statement is a transaction of its own, so the level has to come with the connection.
    options: '-c default_transaction_isolation=serializable',
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 5_000,
    query_timeout: 8_000,
    keepAlive: true,
  });
  pool.on('error', onIdleError);
  return pool;
}
