// kubectl as a function: for manifests, and for whoever wants what a person would see.

import { run } from './process/command.ts';

export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** kubectl for one cluster. Requests are bounded in time; a command ends after two minutes. */
export const createKubectl = (kubectl: string, kubeconfigPath: string): Kubectl =>
  (args, input) =>
    run(kubectl, [`--kubeconfig=${kubeconfigPath}`, ...args], {
      timeoutMs: 120_000,
      // kubectl caches discovery here; a cluster's own folder is removed with it.
      env: { KUBECACHEDIR: `${kubeconfigPath}.cache` },
      ...(input === undefined ? {} : { input }),
    });
