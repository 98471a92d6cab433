// The escape hatch: everything that cdk8s-plus-27 writes and we do not want, or cannot write and we
// need, is changed here by JSON patch and nowhere else. Paths are those of cdk8s' own properties
// (`setHostnameAsFqdn`), a removal of nothing is silent, and a field newer than Kubernetes 1.27 is
// dropped: the tests over every rendered object are what notices.
import { ApiObject, JsonPatch } from 'cdk8s';
import type { Deployment, Service, Workload } from 'cdk8s-plus-27';

const ADDRESS_LABEL = 'cdk8s.io~1metadata.addr';

/* Defaults of the API server, written out: owning them says nothing and is in the way of readers. */
const NOISE = ['setHostnameAsFqdn', 'hostNetwork', 'dnsPolicy'] as const;

export type PodPath = '/spec/template' | '/spec/jobTemplate/spec/template';

/** Makes the pods of `workload` restricted and takes the hash of its construct's path out. */
export function restrictPods(workload: Workload, template: PodPath = '/spec/template'): void {
  const spec = `${template}/spec`;
  ApiObject.of(workload).addJsonPatch(
    JsonPatch.remove(`${template}/metadata/labels/${ADDRESS_LABEL}`),
    JsonPatch.add(`${spec}/securityContext/seccompProfile`, { type: 'RuntimeDefault' }),
    // Otherwise each Service of the namespace, whoever made it, becomes variables of the program.
    JsonPatch.add(`${spec}/enableServiceLinks`, false),
    ...workload.containers.flatMap((_, index) => [
      JsonPatch.add(`${spec}/containers/${index}/securityContext/capabilities`, { drop: ['ALL'] }),
      // The end of a crashed program's log then stands in the pod's status, where the operator sees it.
      JsonPatch.add(
        `${spec}/containers/${index}/terminationMessagePolicy`,
        'FallbackToLogsOnError',
      ),
    ]),
    ...NOISE.map((field) => JsonPatch.remove(`${spec}/${field}`)),
  );
}

/** Spreads the pods of each revision over the nodes, as far as there are nodes. */
export function spreadOverNodes(deployment: Deployment, labels: Record<string, string>): void {
  spread(deployment, [overNodes(labels)]);
}

/**
 * Spreads the pods of each revision evenly over the zones, and over the nodes of each as far as there
 * are nodes. A pod waits rather than make one zone two pods larger than another; a zone whose nodes are
 * gone or tainted is none, so the loss of a zone keeps nothing from starting in the others.
 */
export function spreadOverZones(deployment: Deployment, labels: Record<string, string>): void {
  spread(deployment, [
    {
      ...overNodes(labels),
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
    },
    overNodes(labels),
  ]);
}

function spread(deployment: Deployment, constraints: readonly object[]): void {
  const path = '/spec/template/spec/topologySpreadConstraints';
  ApiObject.of(deployment).addJsonPatch(JsonPatch.add(path, constraints));
}

function overNodes(labels: Record<string, string>) {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
    // Each revision on its own: the pods of the other one are about to go away.
    matchLabelKeys: ['pod-template-hash'],
  };
}

/**
 * The kubelet waits before it sends SIGTERM; until then the program answers as ever. The image needs a
 * program `sleep`: the hook of that name is newer than the types of cdk8s-plus-27.
 */
export function sleepBeforeEnd(deployment: Deployment, seconds: number): void {
  const path = '/spec/template/spec/containers/0/lifecycle';
  const preStop = { exec: { command: ['sleep', String(seconds)] } };
  ApiObject.of(deployment).addJsonPatch(JsonPatch.add(path, { preStop }));
}

/** An empty list is still owned by who applies it. */
export function withoutEmptyLists(service: Service): void {
  ApiObject.of(service).addJsonPatch(JsonPatch.remove('/spec/externalIPs'));
}

/** Leaves the choice of pods to whoever else makes it. */
export function withoutSelector(service: Service): void {
  ApiObject.of(service).addJsonPatch(JsonPatch.remove('/spec/selector'));
}

/** Leaves the number of pods to whoever else decides it. */
export function withoutReplicas(deployment: Deployment): void {
  ApiObject.of(deployment).addJsonPatch(JsonPatch.remove('/spec/replicas'));
}

/** Overwrites the selector with `labels`: a StatefulSet adds its own hash to its Service's. */
export function selectOnly(service: Service, labels: Record<string, string>): void {
  ApiObject.of(service).addJsonPatch(JsonPatch.replace('/spec/selector', labels));
}
