// How a test finds the cluster that the global set-up started.
import { openStack, type ClusterAccess, type Stack } from './stack.ts';

export function openTestStack(): Stack {
  const text = process.env['SLIPWAY_E2E_ACCESS'];
  if (text === undefined) throw new Error('no cluster: run by test/e2e/jest.config.mjs');
  return openStack(JSON.parse(text) as ClusterAccess);
}
