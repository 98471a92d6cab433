// Takes the cluster of the end-to-end tests down; whatever is left fails the run.
import { closeCluster } from './support/open-cluster.ts';

export default async function tearDown() {
  await closeCluster('e2e');
}
