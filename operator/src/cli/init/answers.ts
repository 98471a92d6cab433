// The options of `init`, checked: what is wrong is said with the option and the remedy.
import type { Arguments } from '../flags.ts';
import { UserError } from '../user-error.ts';
import type { GatewayChoice, InitApp } from './app.ts';
import { imageProblem } from './image-name.ts';
import { labelsOfNew } from './workload-text.ts';

/** At most 52 characters: names of Services are made from it. */
const NAME = /^[a-z](?:[a-z0-9-]{0,50}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const HOST = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const PATH = /^\/[\w./~%-]*$/;
const DEFAULT_REPLICAS = 4;

/** What an application that has no Deployment yet is told by options alone. */
export function newApp(args: Arguments): InitApp {
  const name = nameOf(args) ?? missing('name', 'of the application, for example --name shop');
  const image = args.text('image') ?? missing('image', 'for example --image registry.example/shop:1.2.3');
  refuseImage('--image', image);
  const port = portOf(args, 'port') ?? missing('port', 'that the container listens on, for example --port 8080');
  // The page may be at the port that users come to.
  const metricsPort = portOf(args, 'metrics-port');
  const healthPath = args.text('health');
  if (healthPath !== undefined) requirePath('health', healthPath);
  return {
    name,
    namespace: namespaceOf(args),
    workload: {
      kind: 'new',
      image,
      port,
      metricsPort: metricsPort === port ? undefined : metricsPort,
      healthPath,
      replicas: replicasOf(args),
    },
    service: { kind: 'written', selector: labelsOfNew(name), targetPort: 'http' },
    metrics:
      metricsPort === undefined
        ? undefined
        : { port: metricsPort === port ? 'http' : 'metrics', path: metricsPathOf(args) },
    gateway: gatewayOf(args),
  };
}

/** `--name`, checked. */
export function nameOf(args: Arguments): string | undefined {
  const name = args.text('name');
  if (name === undefined || NAME.test(name)) return name;
  throw new UserError(
    `--name ${name}: give at most 52 lower case letters, digits and dashes, a letter first`,
  );
}

export function namespaceOf(args: Arguments): string | undefined {
  const namespace = args.text('namespace');
  if (namespace === undefined || NAMESPACE.test(namespace)) return namespace;
  throw new UserError(`--namespace ${namespace} is no name of a namespace`);
}

/** Throws when an image can be another one tomorrow. */
export function refuseImage(where: string, image: string): void {
  const problem = imageProblem(image);
  if (problem !== undefined) throw new UserError(`${where}: ${problem}`);
}

/** A port number of that option, or undefined. */
export function portOf(args: Arguments, flag: 'port' | 'metrics-port'): number | undefined {
  const text = args.text(flag);
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UserError(`--${flag} ${text}: give a number from 1 to 65535`);
}

/** `--replicas`, or four: the least whose quarter is a pod. */
export function replicasOf(args: Arguments): number {
  const text = args.text('replicas');
  if (text === undefined) return DEFAULT_REPLICAS;
  const replicas = Number(text);
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= 1000) return replicas;
  throw new UserError(`--replicas ${text}: give a number from 1 to 1000`);
}

/** The path of the metrics page. */
export function metricsPathOf(args: Arguments): string {
  return requirePath('metrics-path', args.text('metrics-path') ?? '/metrics');
}

/** Both or neither of --host and --gateway. */
export function gatewayOf(args: Arguments): GatewayChoice | undefined {
  const [host, gateway] = [args.text('host'), args.text('gateway')];
  if (host === undefined && gateway === undefined) return undefined;
  if (host === undefined) return missing('host', 'that users come to, beside --gateway');
  if (gateway === undefined) {
    return missing('gateway', 'as <namespace>/<name>, beside --host; kubectl get gateways -A lists them');
  }
  if (!HOST.test(host)) throw new UserError(`--host ${host}: give a host like shop.example.com`);
  const [namespace = '', name = '', ...more] = gateway.split('/');
  if (more.length > 0 || !NAMESPACE.test(namespace) || !NAMESPACE.test(name)) {
    throw new UserError(`--gateway ${gateway}: give <namespace>/<name>; kubectl get gateways -A lists them`);
  }
  return { host, namespace, name };
}

function requirePath(flag: string, path: string): string {
  if (PATH.test(path)) return path;
  throw new UserError(`--${flag} ${path}: give a path that begins with /, without a query`);
}

function missing(flag: string, what: string): never {
  throw new UserError(`--${flag} is missing: ${what}`);
}
