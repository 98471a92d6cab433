// A private Prometheus on a free loopback port, in a folder of its own, gone after the tests. It asks
// for a password and speaks TLS, as one that is reached from elsewhere should.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrometheus, prometheusInstallHint } from '../../tools/setup/prometheus.ts';
import { createAuthority, issue } from '../cluster/src/pki/certificate.ts';
import { freePorts } from '../cluster/src/process/ports.ts';
import { waitFor } from '../cluster/src/process/wait.ts';

export interface PrivatePrometheus {
  readonly address: string;
  /** The CA of its certificate (PEM). */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  start(): Promise<void>;
  /** Ends the server; its data stay until `remove`. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

const PASSWORD = 's3cret';
/* bcrypt of the password, which Prometheus wants. */
const PASSWORD_HASH = '$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG';

/** A server that scrapes `targetPort`; not started yet. Throws where there is no Prometheus. */
export async function createPrometheus(targetPort: number): Promise<PrivatePrometheus> {
  const program = findPrometheus();
  if (program === undefined)
    throw new Error(`these tests need Prometheus: ${prometheusInstallHint}`);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'));
  const ca = writeConfig(folder, targetPort);
  const [port = 0] = await freePorts(1);
  let server: ChildProcess | undefined;
  let output = '';
  const stop = async (): Promise<void> => {
    const ending = server;
    server = undefined;
    if (!ending || ending.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => void ending.once('exit', () => resolve()));
    ending.kill('SIGTERM');
    await ended;
  };
  return {
    address: `https://localhost:${port}`,
    ca,
    username: 'slipway',
    password: PASSWORD,
    stop,
    async start() {
      const started = spawn(program, argumentsFor(folder, port), {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      server = started;
      started.stderr.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-4000)));
      await waitFor({
        what: 'Prometheus to be ready',
        deadlineMs: 30_000,
        check: () => output.includes('Server is ready to receive web requests') || undefined,
        hopeless: () => (started.exitCode === null ? undefined : 'it ended'),
        diagnose: () => output,
      });
      output = '';
    },
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function argumentsFor(folder: string, port: number): string[] {
  return [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--web.config.file=${join(folder, 'web.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
}

function writeConfig(folder: string, targetPort: number): string {
  const authority = createAuthority('slipway-test-prometheus');
  const server = issue(authority, {
    subject: { commonName: 'prometheus' },
    usage: 'server',
    names: ['localhost'],
  });
  const files = {
    'server.crt': server.certificatePem,
    'server.key': server.keyPem,
    'prometheus.yml': JSON.stringify({
      global: { scrape_interval: '250ms', scrape_timeout: '250ms' },
      scrape_configs: [
        { job_name: 'app', static_configs: [{ targets: [`127.0.0.1:${targetPort}`] }] },
      ],
    }),
    'web.yml': JSON.stringify({
      tls_server_config: { cert_file: 'server.crt', key_file: 'server.key' },
      basic_auth_users: { slipway: PASSWORD_HASH },
    }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return authority.certificatePem;
}
