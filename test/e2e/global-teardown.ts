// Takes the cluster of the end-to-end tests down; whatever is left fails the run.
import { closeCluster } from './support/open-cluster.ts';

// Jest wants a default export here.
// oxlint-disable-next-line import/no-default-export
export default async function tearDown(): Promise<void> {
  await closeCluster('e2e');
}
