// The stable and canary Services: ports copied from the application's own Service, and a selector
// that carries the revision's hash, so that they go on working when the operator is down.
import { POD_TEMPLATE_HASH } from '../api/labels.ts';
import { type JsonObject, covers, list, record } from '../lib/json.ts';

const PORT_FIELDS = ['name', 'port', 'targetPort', 'protocol', 'appProtocol'] as const;

export function renderServiceSpec(
  own: JsonObject,
  selector: Readonly<Record<string, string>>,
): JsonObject {
  const ports = list(own['ports']).map((port) =>
    Object.fromEntries(
      PORT_FIELDS.flatMap((field) =>
        record(port)[field] === undefined ? [] : [[field, record(port)[field]]],
      ),
    ),
  );
  return { type: 'ClusterIP', ports, selector };
}

/** Ports are those of the application's Service. */
export function hasCurrentPorts(live: JsonObject, own: JsonObject): boolean {
  return covers(live['ports'], renderServiceSpec(own, {})['ports']);
}

export function selectedHash(spec: JsonObject): string | undefined {
  const hash = record(spec['selector'])[POD_TEMPLATE_HASH];
  return typeof hash === 'string' ? hash : undefined;
}
