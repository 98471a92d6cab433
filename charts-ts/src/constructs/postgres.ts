// PostgreSQL for local use: one pod, one volume, no replica. Production brings its own.
import { Duration } from 'cdk8s';
import {
  EnvValue,
  PersistentVolumeClaim,
  Probe,
  Service,
  StatefulSet,
  Volume,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { databaseVariables } from './database-access.ts';
import { labelsOf } from './labels.ts';
import { restrictPods, selectOnly, withoutEmptyLists } from './patches.ts';
import { restrictedPod, selectOwn, type ProgramProps, type Serving } from './restricted-pod.ts';
import { VolumeClaim } from './volume-claim.ts';

export interface PostgresProps {
  /** Of the StatefulSet and the Service; the claim is called `<name>-data`. @default postgres */
  readonly name?: string;
  readonly image: string;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`; role and database are made on the first start. */
  readonly databaseSecret: string;
  /** @default 1024 */
  readonly sizeMebibytes?: number;
  /** @default - the cluster's default class */
  readonly storageClass?: string;
}

const PORT = 5432;
const UID = 999;
const DATA = '/var/lib/postgresql/data';

export class Postgres extends Construct {
  private readonly labels: Record<string, string>;

  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    const { name = 'postgres', storageClass } = props;
    const identity = { name, component: 'database' };
    this.labels = labelsOf(identity);
    const claim = `${name}-data`;
    new VolumeClaim(this, 'Data', {
      name: claim,
      sizeMebibytes: props.sizeMebibytes ?? 1024,
      ...(storageClass ? { storageClass } : {}),
    });
    const set = new StatefulSet(this, 'Resource', {
      ...restrictedPod(this, {
        identity,
        // The last checkpoint of a clean stop.
        graceSeconds: 60,
        program: this.program(props, claim),
      }),
      metadata: { name, labels: this.labels },
      service: this.addService(name),
      replicas: 1,
    });
    selectOwn(set, identity);
    restrictPods(set);
  }

  private addService(name: string): Service {
    const service = new Service(this, 'Service', {
      metadata: { name, labels: this.labels },
      ports: [{ name: 'postgresql', port: PORT, targetPort: PORT }],
    });
    withoutEmptyLists(service);
    selectOnly(service, this.labels);
    return service;
  }

  private program(props: PostgresProps, claimName: string): ProgramProps {
    const claim = PersistentVolumeClaim.fromClaimName(this, 'DataClaim', claimName);
    const data = Volume.fromPersistentVolumeClaim(this, 'Files', claim, { name: 'data' });
    return {
      name: 'postgres',
      image: props.image,
      uid: UID,
      resources: { cpuRequestMillis: 100, memoryRequestMebibytes: 128, memoryLimitMebibytes: 512 },
      env: {
        ...databaseVariables(this, props.databaseSecret, {
          POSTGRES_USER: 'username',
          POSTGRES_PASSWORD: 'password',
          POSTGRES_DB: 'database',
        }),
        // Below the volume's root, which belongs to the volume's maker and may hold lost+found.
        PGDATA: EnvValue.fromValue(`${DATA}/pgdata`),
      },
      mounts: [
        { path: DATA, volume: data },
        { path: '/run/postgresql', volume: Volume.fromEmptyDir(this, 'Run', 'run') },
      ],
      serves: serving(),
    };
  }
}

/* Over TCP: while the first start makes role and database, the server listens on its socket only. */
function serving(): Serving {
  const answers = (seconds: number, failureThreshold: number) =>
    Probe.fromCommand(['pg_isready', '--quiet', '--host=127.0.0.1', `--port=${PORT}`], {
      periodSeconds: Duration.seconds(seconds),
      timeoutSeconds: Duration.seconds(5),
      failureThreshold,
    });
  return {
    ports: [{ name: 'postgresql', number: PORT }],
    startup: answers(1, 120),
    readiness: answers(5, 2),
    liveness: answers(20, 3),
  };
}
