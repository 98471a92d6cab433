// The application of a Deployment that is there, in a file or live: it is left as it is, and what
// its manifest says need not be said again by options.
import { list, number, record, text } from '../../lib/json.ts';
import type { Arguments } from '../flags.ts';
import { UserError } from '../user-error.ts';
import {
  gatewayOf,
  metricsPathOf,
  nameOf,
  namespaceOf,
  portOf,
  refuseImage,
  replicasOf,
} from './answers.ts';
import type { GatewayChoice, InitApp, Metrics, ServicePlan } from './app.ts';

type Manifest = Readonly<Record<string, unknown>>;

const MAX_NAME_CHARACTERS = 52;
const HTTP_NAMES = ['http', 'web', 'http-web'];
const METRICS_NAMES = ['metrics', 'http-metrics', 'prometheus'];

export interface Sources {
  /** Where the Deployment was found, for messages: the file, or `live`. */
  readonly where: string;
  readonly objects: readonly Manifest[];
}

/** Throws a UserError when there is no Deployment, several and no name, or an image that can move. */
export function existingApp(args: Arguments, { where, objects }: Sources): InitApp {
  const deployment = onlyDeployment(args, { where, objects });
  const name = nameIn(deployment);
  if (name.length > MAX_NAME_CHARACTERS) {
    throw new UserError(
      `${where}: ${name} is longer than ${MAX_NAME_CHARACTERS} characters, and names of Services are made ` +
        'from the release: give a shorter one, --name',
    );
  }
  const template = record(record(deployment['spec'])['template']);
  refuseImages(where, template);
  const ports = portsOf(template);
  const gateway = gatewayOf(args);
  return {
    name: nameOf(args) ?? name,
    namespace: namespaceOf(args) ?? text(record(deployment['metadata'])['namespace']),
    workload: { kind: 'existing', deployment: name, replicas: replicasFor(args, deployment) },
    service: servicePlan(args, { where, template, ports, gateway, objects }),
    metrics: metricsOf(args, ports),
    gateway,
  };
}

function onlyDeployment(args: Arguments, { where, objects }: Sources): Manifest {
  const all = objects.filter((object) => object['kind'] === 'Deployment');
  const wanted = args.text('name');
  const named = wanted === undefined ? undefined : all.find((one) => nameIn(one) === wanted);
  const [only, ...more] = all;
  if (only === undefined) throw new UserError(`${where}: there is no Deployment`);
  if (named !== undefined) return named;
  if (more.length === 0) return only;
  throw new UserError(`${where}: several Deployments, name one of ${all.map(nameIn).join(', ')}: --name`);
}

/* A Deployment of 0 has no pods that could be taken over: the AppRelease says how many there are to be. */
function replicasFor(args: Arguments, deployment: Manifest): number | undefined {
  const present = number(record(deployment['spec'])['replicas']);
  if (present === 0) return replicasOf(args);
  if (args.text('replicas') === undefined) return undefined;
  throw new UserError('--replicas: the pods that run are taken over; scale the AppRelease afterwards');
}

function refuseImages(where: string, template: Manifest): void {
  for (const container of list(record(template['spec'])['containers']).map(record)) {
    refuseImage(`${where}: container ${text(container['name']) ?? '?'}`, text(container['image']) ?? '');
  }
}

interface Port {
  readonly name: string | undefined;
  readonly number: number;
}

function portsOf(template: Manifest): Port[] {
  return list(record(template['spec'])['containers'])
    .flatMap((container) => list(record(container)['ports']))
    .map(record)
    .flatMap((port) => {
      const at = number(port['containerPort']);
      return at === undefined ? [] : [{ name: text(port['name']), number: at }];
    });
}

const refer = (port: Port): string | number => port.name ?? port.number;

function metricsOf(args: Arguments, ports: readonly Port[]): Metrics | undefined {
  const asked = portOf(args, 'metrics-port');
  const path = metricsPathOf(args);
  const known = ports.find((port) =>
    asked === undefined ? METRICS_NAMES.includes(port.name ?? '') : port.number === asked,
  );
  const port = known === undefined ? asked : refer(known);
  return port === undefined ? undefined : { port, path };
}

interface ServiceParts {
  readonly where: string;
  readonly template: Manifest;
  readonly ports: readonly Port[];
  readonly gateway: GatewayChoice | undefined;
  readonly objects: readonly Manifest[];
}

function servicePlan(args: Arguments, parts: ServiceParts): ServicePlan {
  const labels = stringsOf(record(parts.template['metadata'])['labels']);
  const found = parts.objects.find((object) => object['kind'] === 'Service' && selects(object, labels));
  if (found !== undefined) return existingService(found);
  const asked = portOf(args, 'port');
  const ported = parts.ports.filter((port) => !METRICS_NAMES.includes(port.name ?? ''));
  const first = ported.find((port) => HTTP_NAMES.includes(port.name ?? '')) ?? ported[0];
  const own = asked === undefined ? first : parts.ports.find((port) => port.number === asked);
  const targetPort = own === undefined ? asked : refer(own);
  if (targetPort !== undefined) {
    const deployment = onlyDeployment(args, parts);
    const selector = record(record(deployment['spec'])['selector'])['matchLabels'];
    return { kind: 'written', selector: stringsOf(selector), targetPort };
  }
  if (parts.gateway === undefined) return { kind: 'none' };
  throw new UserError(`${parts.where}: the containers name no port: say which one serves, --port`);
}

/* A Service that selects these pods among others. */
function selects(service: Manifest, labels: Readonly<Record<string, string>>): boolean {
  const selector = Object.entries(stringsOf(record(service['spec'])['selector']));
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

function existingService(service: Manifest): ServicePlan {
  const spec = record(service['spec']);
  const ports = list(spec['ports']).map(record);
  const http = ports.find((port) => HTTP_NAMES.includes(text(port['name']) ?? '')) ?? ports[0];
  return {
    kind: 'existing',
    name: nameIn(service),
    port: number(http?.['port']) ?? 80,
    selects: Object.keys(record(spec['selector'])).length > 0 ? 'pods' : 'nothing',
  };
}

const nameIn = (object: Manifest): string => text(record(object['metadata'])['name']) ?? '';

function stringsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])),
  );
}
