// The rules by name, for tests that hold all of them against something.
import {
  cronJobsEnd,
  drivenDeploymentsSayNothing,
  imagesAreFixed,
  namespacesAreNamed,
  noEmptyLists,
  noHashes,
  noSecrets,
  objectsAreUnique,
  podsAreRestricted,
  releasesMakeSense,
  resourcesAreStated,
  selectorsMatch,
  serversAreProbed,
  tokensAreRare,
  type Rule,
} from './rules.ts';

/** All rules but `referencesExist`, which needs to know what is made elsewhere. */
export const RULE_BOOK = {
  cronJobsEnd,
  drivenDeploymentsSayNothing,
  imagesAreFixed,
  namespacesAreNamed,
  noEmptyLists,
  noHashes,
  noSecrets,
  objectsAreUnique,
  podsAreRestricted,
  releasesMakeSense,
  resourcesAreStated,
  selectorsMatch,
  serversAreProbed,
  tokensAreRare,
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULE_BOOK;
