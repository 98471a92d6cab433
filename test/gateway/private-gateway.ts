// Envoy Gateway without Kubernetes: it reads objects from a folder and runs one Envoy beside itself.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureEnvoy, ENVOY_VERSION } from '../../tools/images/envoy-program.ts';
import { ensureBinaries } from '../cluster/src/build/go-build.ts';
import { run } from '../cluster/src/process/command.ts';
import { waitFor } from '../cluster/src/process/wait.ts';

export interface PrivateGateway {
  /** Ends both programs and removes their folder. */
  stop(): Promise<void>;
}

const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
const PROXY = { name: 'proxy', namespace: 'shop' };

/** Of the Gateways it serves. */
export const GATEWAY_CLASS = 'envoy';

/** Serves `objects`; resolves when `isServing` does. */
export async function startGateway(
  objects: readonly object[],
  isServing: () => Promise<boolean>,
): Promise<PrivateGateway> {
  const { 'envoy-gateway': program } = await ensureBinaries(['envoy-gateway']);
  const envoy = await ensureEnvoy();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-gateway-'));
  const config = prepare(folder, { objects, envoy });
  await run(program, ['certgen', '--local', '--config-home', join(folder, 'config')]);
  const server = spawn(program, ['server', '--config-path', config], { stdio: 'pipe', detached: true });
  const output = lastOutput(server);
  const stop = async (): Promise<void> => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitFor({
      what: 'the gateway to serve',
      deadlineMs: 60_000,
      check: async () => (await isServing().catch(() => false)) || undefined,
      hopeless: () => (server.exitCode === null ? undefined : 'Envoy Gateway ended: are its ports taken?'),
      diagnose: output,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function prepare(folder: string, { objects, envoy }: { objects: readonly object[]; envoy: string }): string {
  // Where its runner looks for a program before it would download one.
  const versions = join(folder, 'data/envoy-versions', ENVOY_VERSION, 'bin');
  for (const each of ['config', 'state', 'run', 'objects']) mkdirSync(join(folder, each));
  mkdirSync(versions, { recursive: true });
  symlinkSync(envoy, join(versions, 'envoy'));
  const all = [...itsOwn(), ...objects].map((object) => JSON.stringify(object)).join('\n---\n');
  writeFileSync(join(folder, 'objects/all.yaml'), all);
  const path = join(folder, 'envoy-gateway.yaml');
  writeFileSync(path, JSON.stringify(configOf(folder)));
  return path;
}

function configOf(folder: string): object {
  const host = {
    configHome: join(folder, 'config'),
    dataHome: join(folder, 'data'),
    stateHome: join(folder, 'state'),
    runtimeDir: join(folder, 'run'),
  };
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyGateway',
    gateway: { controllerName: CONTROLLER },
    provider: {
      type: 'Custom',
      custom: {
        resource: { type: 'File', file: { paths: [join(folder, 'objects')] } },
        infrastructure: { type: 'Host', host },
      },
    },
    extensionApis: { enableBackend: true },
    logging: { level: { default: 'warn' } },
  };
}

function itsOwn(): readonly object[] {
  const parametersRef = { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', ...PROXY };
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: GATEWAY_CLASS },
      spec: { controllerName: CONTROLLER, parametersRef },
    },
    {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'EnvoyProxy',
      metadata: PROXY,
      spec: {
        provider: { type: 'Host', host: { envoyVersion: ENVOY_VERSION } },
        telemetry: { accessLog: { disable: true } },
      },
    },
  ];
}

function lastOutput(child: ChildProcess): () => string {
  let output = '';
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-4000));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => output;
}

/* Envoy ends with it; the whole group, should it not get to that. */
async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => void server.once('exit', () => resolve()));
  server.kill('SIGTERM');
  const timer = setTimeout(() => process.kill(-(server.pid ?? 0), 'SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
}
