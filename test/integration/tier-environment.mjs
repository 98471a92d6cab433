// Hands the cluster that the set-up started to the tests, which run in a realm of their own.
import { TestEnvironment } from 'jest-environment-node';

// oxlint-disable-next-line import/no-default-export -- jest asks for one
export default class TierEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.slipwayTier = globalThis.slipwayTier;
  }
}
