// What a database can take, so that the connection budget is checked when manifests are rendered. It
// renders nothing.
import { Construct } from 'constructs';

export interface DatabaseLimitsProps {
  /** The Secret by which programs are told about this database: who reads it has connections. */
  readonly databaseSecret: string;
  readonly namespace: string;
  /**
   * The server's `max_connections`; where several regions or apps share a server, the part that is
   * this environment's.
   */
  readonly maxConnections: number;
  /** Connections left to people, replication and what is not rendered here. @default 10 */
  readonly reserved?: number;
  /** Connections of one pod of a Job or CronJob. @default 2 */
  readonly perJob?: number;
}

export class DatabaseLimits extends Construct {
  readonly limits: DatabaseLimitsProps;

  constructor(scope: Construct, id: string, limits: DatabaseLimitsProps) {
    super(scope, id);
    this.limits = limits;
  }
}
