// Loaded before the operator's bundle: lets it find the files that a kubelet mounts into each pod in
// another folder. So it proves who it is as in a cluster, without a kubeconfig and what reading one
// costs in memory.
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const MOUNTED = '/var/run/secrets/kubernetes.io/serviceaccount';

const folder = process.env['BENCH_SERVICE_ACCOUNT'] ?? MOUNTED;
const readFile = promises.readFile;

Object.assign(promises, {
  readFile: (path: unknown, ...rest: readonly unknown[]) => {
    const isMounted = typeof path === 'string' && path.startsWith(MOUNTED);
    const place = isMounted ? folder + path.slice(MOUNTED.length) : path;
    return Reflect.apply(readFile, promises, [place, ...rest]);
  },
});
syncBuiltinESMExports();
