// Ends the cluster of the run.

// oxlint-disable-next-line import/no-default-export -- jest asks for one
export default async function tearDown() {
  await globalThis.slipwayTier?.stop();
}
