// Two versions of an app as servers on loopback; each answers with its name.
import { createServer, type Server } from 'node:http';

export interface Versions {
  /** Backends that stand for the Services of the two versions. */
  readonly backends: readonly object[];
  stop(): Promise<void>;
}

export interface Version {
  readonly name: string;
  /** How many pods it has: servers behind one Backend. */
  readonly pods: number;
}

/** Servers for the pods of each version, and a Backend of its name in `namespace`. Answers: `name/pod`. */
export async function startVersions(of: readonly Version[], namespace: string): Promise<Versions> {
  const started = await Promise.all(of.map(startPods));
  return {
    backends: started.map(({ name, pods }) => ({
      apiVersion: 'gateway.envoyproxy.io/v1alpha1',
      kind: 'Backend',
      metadata: { name, namespace },
      spec: { endpoints: pods.map(({ port }) => ({ ip: { address: '127.0.0.1', port } })) },
    })),
    stop: async () => {
      const servers = started.flatMap(({ pods }) => pods.map(({ server }) => server));
      await Promise.all(servers.map(close));
    },
  };
}

async function startPods({ name, pods }: Version) {
  const numbers = Array.from({ length: pods }, (_, index) => index);
  return { name, pods: await Promise.all(numbers.map((number) => startPod(`${name}/${number}`))) };
}

async function startPod(answer: string) {
  const server = createServer((_, response) => void response.end(answer));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
}
