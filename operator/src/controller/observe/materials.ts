// What carrying out a decision needs and a decision must not see.
import type { AppReleaseStatus } from '../../api/app-release-status.ts';
import type { AppReleaseSpec } from '../../api/app-release.ts';
import type { ConfiguredTemplate } from '../configs.ts';
import type {
  ConfigMapObject,
  DeploymentObject,
  ReleaseObject,
  ReplicaSetObject,
} from '../projections.ts';
import type { UnreadableAction } from './actions.ts';
import type { TrafficObjects } from './traffic.ts';

/** What applying a decision needs and a decision must not see. */
export interface Materials {
  readonly release: ReleaseObject;
  readonly spec: AppReleaseSpec | undefined;
  readonly status: AppReleaseStatus;
  readonly deployment?: DeploymentObject;
  readonly configured?: ConfiguredTemplate;
  /** Labels that pods of every revision share. */
  readonly selector: Readonly<Record<string, string>>;
  readonly traffic: TrafficObjects;
  readonly sets: readonly ReplicaSetObject[];
  /** The copies of ConfigMaps that were made for its revisions. */
  readonly copies: readonly ConfigMapObject[];
  /** Actions without a result that cannot be read, and why. */
  readonly unreadable: readonly UnreadableAction[];
}
