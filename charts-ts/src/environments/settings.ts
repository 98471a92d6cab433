// Everything that may differ between two environments of the bank. `bank.ts` renders a value of this
// type; what is not in here is the same everywhere.
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import type { KeptSets } from '../constructs/backup-storage.ts';
import type { Flow, Peer } from '../constructs/network-rules.ts';
import type { SecretOrigin } from '../constructs/secret-source.ts';
import type { Tls } from '../constructs/tls.ts';

export interface Settings {
  /** The host under which users reach the app. */
  readonly host: string;
  /** Full names with a version or a digest. */
  readonly images: {
    readonly operator: string;
    readonly app: string;
    readonly migrate: string;
    readonly backup: string;
  };
  /** Pods of the operator: with two, one takes over when the other ends. */
  readonly operatorReplicas: number;
  /** The app's own settings, as variables. */
  readonly config: Readonly<Record<string, string>>;
  /** Where the database's Secret comes from. */
  readonly databaseSecret: SecretOrigin;
  /** Who may call the app. */
  readonly access: Access;
  readonly database: Database;
  /** What else the pods may connect to, by name; DNS and the database are always there. */
  readonly egress: readonly Flow[];
  /** Connections of one pod to the database. */
  readonly poolSize: number;
  /** How many pods there are at rest. */
  readonly pods: Pods;
  /** Zones over which pods are spread: none for a cluster without zones, else at least two. */
  readonly zones: readonly string[];
  /** Installation that serves the Gateway, and the namespace of its proxies. */
  readonly gateway: { readonly className: string; readonly namespace: string };
  readonly tls: Tls;
  /** How a new version goes out. */
  readonly strategy: AppReleaseSpecInput['strategy'];
  /** Where documents that users upload are kept. */
  readonly uploads: Uploads;
  readonly backup: {
    readonly keep: Partial<KeptSets>;
    readonly sizeMebibytes: number;
    readonly timeZone: string;
    /**
     * Class of a volume that many nodes mount, such as NFS. @default - the cluster's own class and a volume
     * of one node, on which everything that has to do with backups then runs
     */
    readonly sharedClass?: string;
  };
  /** Who is woken up when, and the labels by which Prometheus finds it. */
  readonly monitoring: Monitoring;
}

/**
 * - `inside`: PostgreSQL in one pod, for development.
 * - `managed`: somebody else's, in several zones.
 */
export type Database =
  | { readonly kind: 'inside'; readonly image: string; readonly maxConnections: number }
  | { readonly kind: 'managed'; readonly peer: Peer; readonly port: number; readonly maxConnections: number };

/**
 * - `open`: everybody who reaches it.
 * - `tokens`: who has a token; the Secret's key `tokens.json` holds their hashes and scopes.
 */
export type Access =
  | { readonly kind: 'open' }
  | { readonly kind: 'tokens'; readonly origin: SecretOrigin };

/**
 * - `none`: the app takes no documents.
 * - `volume`: on a volume that all pods mount, on whatever node; it is backed up with the database.
 */
export type Uploads =
  | { readonly kind: 'none' }
  | { readonly kind: 'volume'; readonly sizeMebibytes: number; readonly storageClass: string };

export type Pods =
  | { readonly kind: 'fixed'; readonly replicas: number }
  | {
      readonly kind: 'autoscaled';
      readonly minReplicas: number;
      readonly maxReplicas: number;
      readonly cpuPercent: number;
    };

export interface Monitoring {
  /** Namespace in which Prometheus runs. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly objectivePercent: number;
}
