// Argo CD itself, as processes beside an API tier: Redis, repo-server, application controller, API
// server and ApplicationSet controller, all from one program. They end with the tier.
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { luaSettings } from '../../../charts-ts/src/gitops/lua-settings.ts';
import { findRedisServer, redisInstallHint } from '../../../tools/setup/redis.ts';
import type { ApiTier } from '../../cluster/src/api-tier.ts';
import { ensureBinaries } from '../../cluster/src/build/go-build.ts';
import { createKubectl, type Kubectl } from '../../cluster/src/kubectl.ts';
import { logDir, stateDir } from '../../cluster/src/paths.ts';
import { run } from '../../cluster/src/process/command.ts';
import { startDaemon, stopDaemons, type Daemon } from '../../cluster/src/process/daemon.ts';
import { freePorts } from '../../cluster/src/process/ports.ts';
import { waitFor } from '../../cluster/src/process/wait.ts';

export interface ArgoCd {
  /** Applies objects into its namespace or where they say. */
  apply(objects: readonly object[]): Promise<void>;
  /** A request to its API server, which needs no log-in here. Throws with what it answers. */
  request(path: string, body?: object): Promise<unknown>;
  readonly kubectl: Kubectl;
  /** The last lines of each program's log. */
  diagnose(): string;
  /** Ends its programs; what it was told stays in the cluster. */
  stop(): Promise<void>;
}

export const NAMESPACE = 'argocd';
/** As whom its API server talks to the cluster. */
const SERVER = 'system:serviceaccount:argocd:argocd-server';
const VERIFY = 'git-verify-wrapper.sh';
const MODULE = join(import.meta.dirname, 'module');

export interface ArgoCdOptions {
  /** Folder with the plugin.yaml of a sidecar of the repo-server; none unless told. */
  readonly plugin?: string;
}

export async function startArgoCd(tier: ApiTier, options: ArgoCdOptions = {}): Promise<ArgoCd> {
  const { argocd } = await ensureBinaries(['argocd']);
  const kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  const applyAll = async (objects: readonly object[]): Promise<void> => {
    const items = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], items);
  };
  const module = await moduleFolder();
  await install(join(module, 'manifests'), kubectl, applyAll);
  const programs = await startPrograms(tier, { argocd, scripts: join(module, 'hack'), ...options });
  const request = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${programs.serverPort}${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  await waitFor({
    what: 'the API server of Argo CD',
    deadlineMs: 60_000,
    check: () => request('/api/v1/applications').catch(() => undefined),
    diagnose: programs.diagnose,
  });
  const { diagnose, stop } = programs;
  return { apply: applyAll, kubectl, request, diagnose, stop };
}

/* What its own manifests bring, but for the programs. */
async function install(manifests: string, kubectl: Kubectl, applyAll: ArgoCd['apply']): Promise<void> {
  const named = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await applyAll([named]);
  const crds = ['application', 'applicationset', 'appproject'].flatMap((kind) => [
    '-f',
    join(manifests, 'crds', `${kind}-crd.yaml`),
  ]);
  await kubectl(['apply', '--server-side', ...crds]);
  await waitFor({
    what: 'the kinds of Argo CD to be served',
    deadlineMs: 60_000,
    // kubectl gives up at once on a kind that has no conditions yet.
    check: () => kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s']),
  });
  for (const folder of ['base/config', 'base/server', 'cluster-rbac/server']) {
    const files = folder === 'base/config' ? SETTINGS : RIGHTS[folder] ?? [];
    const paths = files.flatMap((file) => ['-f', join(manifests, folder, file)]);
    await kubectl(['-n', NAMESPACE, 'apply', '--server-side', ...paths]);
  }
  await applyAll([
    { ...luaSettings(), metadata: { ...luaSettings().metadata, namespace: NAMESPACE } },
    ...['Role', 'ClusterRole'].map(bindingOf),
  ]);
}

const SETTINGS = ['cm', 'cmd-params-cm', 'gpg-keys-cm', 'rbac-cm', 'secret', 'ssh-known-hosts-cm', 'tls-certs-cm']
  .map((name) => `argocd-${name}.yaml`);
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'base/server': ['argocd-server-role.yaml'],
  'cluster-rbac/server': ['argocd-server-clusterrole.yaml'],
};

function bindingOf(kind: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata: { name: 'argocd-server', ...(kind === 'Role' ? { namespace: NAMESPACE } : {}) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: 'argocd-server' },
    subjects: [{ kind: 'ServiceAccount', name: 'argocd-server', namespace: NAMESPACE }],
  };
}

async function moduleFolder(): Promise<string> {
  const module = 'github.com/argoproj/argo-cd/v3';
  await run('go', ['mod', 'download', module], { cwd: MODULE });
  return (await run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: MODULE })).trim();
}

interface Programs extends ArgoCdOptions {
  readonly argocd: string;
  /** Where its shell scripts are. */
  readonly scripts: string;
}

async function startPrograms(tier: ApiTier, { argocd, plugin, scripts }: Programs) {
  const redis = findRedisServer();
  if (redis === undefined) throw new Error(`these tests need Redis: ${redisInstallHint}`);
  const [redisPort = 0, repoPort = 0, serverPort = 0, ...metrics] = await freePorts(9);
  const work = join(stateDir(tier.name), 'argocd');
  const folder = (name: string): string => {
    mkdirSync(join(work, name), { recursive: true, mode: 0o700 });
    return join(work, name);
  };
  const tmp = folder('tmp');
  // The repo-server looks for it on the PATH; in the module it cannot be executed.
  const bin = folder('bin');
  copyFileSync(join(scripts, VERIFY), join(bin, VERIFY));
  chmodSync(join(bin, VERIFY), 0o700);
  const logs: string[] = [];
  const daemons: Daemon[] = [];
  const start = (name: string, command: string, args: readonly string[]): void => {
    const logPath = join(logDir(tier.name), `${name}.log`);
    logs.push(logPath);
    const daemon = startDaemon({
      name,
      command,
      args,
      logPath,
      owner: stateDir(tier.name),
      env: {
        ARGOCD_BINARY_NAME: name,
        ARGOCD_FAKE_IN_CLUSTER: 'true',
        ARGOCD_GNUPGHOME: folder('gpg/keys'),
        ARGOCD_GPG_DATA_PATH: folder('gpg/source'),
        ARGOCD_GPG_ENABLED: 'false',
        ARGOCD_TLS_DATA_PATH: folder('tls'),
        ARGOCD_SSH_DATA_PATH: folder('ssh'),
        ARGOCD_PLUGINSOCKFILEPATH: folder('plugins'),
        PATH: [bin, process.env['PATH'] ?? ''].join(delimiter),
        ARGOCD_ASK_PASS_SOCK: join(work, 'ask.sock'),
        HOME: tmp,
        // The cluster that Argo CD is told it runs in.
        KUBECONFIG: name === 'argocd-server' ? serverConfig : tier.kubeconfigPath,
        TMPDIR: tmp,
      },
    });
    daemons.push(daemon);
  };
  const serverConfig = tier.userKubeconfig({ name: SERVER, groups: ['system:serviceaccounts'] });
  const toRedis = ['--redis', `127.0.0.1:${redisPort}`];
  const toRepo = ['--repo-server', `127.0.0.1:${repoPort}`, '--repo-server-plaintext'];
  const asUser = (kubeconfig: string) => ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE];
  const [repoMetrics, controllerMetrics, serverMetrics, setMetrics, setProbe, setHook] = metrics;
  start('redis', redis, ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', tmp]);
  if (plugin !== undefined) start('argocd-cmp-server', argocd, ['--config-dir-path', plugin]);
  start('argocd-repo-server', argocd, [
    '--port', String(repoPort), '--address', '127.0.0.1', '--metrics-address', '127.0.0.1',
    '--metrics-port', String(repoMetrics), '--disable-tls', '--client-ca-path', '', ...toRedis,
  ]);
  start('argocd-application-controller', argocd, [
    ...asUser(tier.kubeconfigPath), ...toRedis, ...toRepo, '--metrics-port', String(controllerMetrics),
    '--persist-resource-health', '--self-heal-timeout-seconds', '2',
  ]);
  start('argocd-server', argocd, [
    ...asUser(serverConfig), ...toRedis, ...toRepo,
    '--disable-auth', '--insecure', '--port', String(serverPort), '--address', '127.0.0.1',
    '--metrics-address', '127.0.0.1', '--metrics-port', String(serverMetrics),
  ]);
  start('argocd-applicationset-controller', argocd, [
    ...asUser(tier.kubeconfigPath), '--argocd-repo-server', `127.0.0.1:${repoPort}`, '--repo-server-plaintext',
    '--enable-progressive-syncs', '--metrics-addr', `127.0.0.1:${setMetrics}`,
    '--probe-addr', `127.0.0.1:${setProbe}`, '--webhook-addr', `127.0.0.1:${setHook}`,
  ]);
  const diagnose = (): string =>
    logs.map((path) => `${path}\n${readFileSync(path, 'utf8').split('\n').slice(-8).join('\n')}`).join('\n');
  return { serverPort, diagnose, stop: () => stopDaemons(daemons) };
}
