// An Application for each environment: by itself where the environment follows git at once, from an
// ApplicationSet where regions follow one another.
import type { Manifest } from '../manifest.ts';
import { ARGO_CD, GIT, PROJECT } from './git-source.ts';
import { ignoredFields } from './ignored-fields.ts';
import { isOf } from './manifest-parts.ts';
import { distinct, type PlacedEnvironment } from './placed-environment.ts';

const WAVE_LABEL = 'slipway.dev/wave';

/* Server-side apply with ownership by field: what git leaves out belongs to whoever writes it. A
   sync takes the fields that git names by force, but for those in ignoreDifferences. */
/* The API server says what applying would change. Argo CD's own comparison takes a default that the
   server fills in, inside a list, for a difference: an HTTPRoute and a verify step have such ones. */
const comparing = () => ({ 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' });

function syncing() {
  return {
    syncOptions: ['ServerSideApply=true', 'RespectIgnoreDifferences=true', 'FailOnSharedResource=true'],
    retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '3m' } },
  };
}

/** Everything that is synced as soon as it is in git. */
export function applications(environments: readonly PlacedEnvironment[]): Manifest[] {
  return environments.filter(({ destination }) => destination.wave === 0).map(application);
}

function application({ name, destination, objects }: PlacedEnvironment): Manifest {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: applicationName(name),
      namespace: ARGO_CD.namespace,
      annotations: comparing(),
    },
    spec: {
      project: PROJECT,
      source: sourceOf(name),
      destination: { server: destination.cluster, namespace: homeOf(objects) },
      ignoreDifferences: ignoredFields(objects),
      syncPolicy: { automated: { prune: true, selfHeal: true }, ...syncing() },
    },
  };
}

/**
 * One Application for each region, synced wave after wave: the next one when every Application of the
 * last is Healthy, which a release is only once its version serves everything. Argo CD switches
 * automated sync off for them, and needs `applicationsetcontroller.enable.progressive.syncs`. Empty
 * when no environment has a wave.
 */
export function regions(environments: readonly PlacedEnvironment[]): Manifest[] {
  const inWaves = environments
    .filter(({ destination }) => destination.wave > 0)
    .toSorted((a, b) => a.destination.wave - b.destination.wave);
  if (inWaves.length === 0) return [];
  const waves = [...new Set(inWaves.map(({ destination }) => destination.wave))];
  return [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { name: `${PROJECT}-regions`, namespace: ARGO_CD.namespace },
      spec: {
        goTemplate: true,
        goTemplateOptions: ['missingkey=error'],
        generators: [{ list: { elements: inWaves.map(elementOf) } }],
        strategy: {
          type: 'RollingSync',
          rollingSync: { steps: waves.map(stepOf) },
        },
        // A line taken out by mistake must not take a region down.
        syncPolicy: { applicationsSync: 'create-update', preserveResourcesOnDeletion: true },
        template: templateOf(inWaves),
      },
    },
  ];
}

function elementOf({ name, destination, objects }: PlacedEnvironment) {
  const { cluster, wave } = destination;
  return { environment: name, cluster, namespace: homeOf(objects), wave: String(wave) };
}

function stepOf(wave: number) {
  return { matchExpressions: [{ key: WAVE_LABEL, operator: 'In', values: [String(wave)] }] };
}

function templateOf(inWaves: readonly PlacedEnvironment[]): object {
  return {
    metadata: {
      name: applicationName('{{.environment}}'),
      labels: { [WAVE_LABEL]: '{{.wave}}', 'slipway.dev/environment': '{{.environment}}' },
      annotations: comparing(),
    },
    spec: {
      project: PROJECT,
      source: sourceOf('{{.environment}}'),
      destination: { server: '{{.cluster}}', namespace: '{{.namespace}}' },
      // What one region needs does no harm in another: entries name kind, namespace and object.
      ignoreDifferences: distinct(inWaves.flatMap(({ objects }) => ignoredFields(objects))),
      syncPolicy: syncing(),
    },
  };
}

/* Every object names its own namespace; the project wants one for the Application all the same. */
function homeOf(objects: readonly Manifest[]): string {
  const release = objects.find((object) => isOf(object, 'slipway.dev', 'AppRelease'));
  return release?.metadata.namespace ?? 'default';
}

const applicationName = (environment: string): string => `${PROJECT}-${environment}`;

function sourceOf(environment: string) {
  return {
    repoURL: GIT.repository,
    targetRevision: GIT.branch,
    path: `deploy/${environment}`,
  };
}
