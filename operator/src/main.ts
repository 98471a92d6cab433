// Wiring and signals of the operator process; nothing is decided here.
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parseArguments, USAGE } from './controller/arguments.ts';
import { createFetchPage } from './controller/fetch-page.ts';
import { createGatewayAccess } from './controller/gateway-access.ts';
import { createSecretReader } from './controller/queries/secrets.ts';
import { createSend } from './controller/queries/send.ts';
import { createClient } from './kube/client.ts';
import { startOperator } from './operator.ts';
import { connect } from './kube/connect.ts';
import { systemClock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';

if (process.argv.includes('--help')) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const options = readArguments();
const logger = pino({
  level: options.logLevel,
  base: { instance: options.instance, identity: options.identity },
});
const log: Log = (level, message, keys) => logger[level](keys ?? {}, message);
const registry = new Registry();
collectDefaultMetrics({ register: registry });
const transport = connect({
  userAgent: 'slipway-operator/0.1.0',
  ...(options.kubeconfigPath === undefined ? {} : { kubeconfigPath: options.kubeconfigPath }),
});
const operator = startOperator({
  transport,
  clock: systemClock,
  log,
  namespaces: options.namespaces,
  instance: options.instance,
  leaseNamespace: options.leaseNamespace,
  identity: options.identity,
  fetchPage: createFetchPage({
    readSecret: createSecretReader(createClient(transport), systemClock),
    ...(options.scrapeThrough === 'api-server' ? { through: transport } : {}),
  }),
  gatewayAccess: createGatewayAccess(options.queryLoopback),
  send: createSend({ loopback: options.queryLoopback }),
  registry,
  onLost: (why) => {
    log('error', 'ending', { why });
    process.exit(1);
  },
});

const health = serve(options.healthPort, 'health', (path) => {
  if (path === '/livez') return { status: 200, body: 'ok' };
  if (path === '/readyz')
    return operator.isSynced()
      ? { status: 200, body: 'ok' }
      : { status: 503, body: 'caches are being filled' };
  return undefined;
});
const metrics = serve(options.metricsPort, 'metrics', async (path) =>
  path === '/metrics' ? { status: 200, body: await registry.metrics() } : undefined,
);

let isStopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isStopping) return;
    isStopping = true;
    log('info', 'stopping', { signal });
    void stop();
  });
}

async function stop(): Promise<void> {
  await operator.stop();
  for (const server of [health, metrics]) server.close();
  log('info', 'stopped');
  process.exit(0);
}

function readArguments() {
  try {
    return parseArguments(process.argv.slice(2), process.env, randomBytes(4).toString('hex'));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

interface Page {
  readonly status: number;
  readonly body: string;
}

function serve(
  port: number,
  name: string,
  page: (path: string) => Page | undefined | Promise<Page | undefined>,
): Server {
  const server = createServer((request, response) => {
    void Promise.resolve(page((request.url ?? '/').split('?')[0] ?? '/')).then(
      (found) =>
        response
          .writeHead(found?.status ?? 404, { 'content-type': 'text/plain' })
          .end(found?.body ?? 'not found'),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, () => log('info', 'listening', { server: name, address: server.address() }));
  return server;
}
