// Which version is asked for: the pod template, with the content of its ConfigMaps.
import type { AppReleaseSpec } from '../../api/app-release.ts';
import type { Clock } from '../../lib/clock.ts';
import { after, type Instant } from '../../lib/instant.ts';
import { configMapNames, imagesOf, type PodTemplate } from '../../rollout/revision.ts';
import type { WantedView } from '../../rollout/snapshot.ts';
import type { ConfigReader, ConfiguredTemplate } from '../configs.ts';
import { meaningOf, type Problem } from '../errors.ts';
import type { DeploymentObject, ReleaseObject, ReplicaSetObject } from '../projections.ts';
import type { Store } from '../store.ts';
import { identityOf } from '../template-identity.ts';
import type { TemplateTrier } from '../templates.ts';

/** A new wanted revision waits this long for other objects of the same apply. */
const CONFIG_SETTLE_MS = 2000;

/** The pod template that is asked for, without what its ConfigMaps add. */
export type Template =
  | { readonly kind: 'found'; readonly template: PodTemplate }
  | { readonly kind: 'rejected'; readonly message: string }
  | { readonly kind: 'missing' };

/** Where the wanted version is read from. */
export interface WantedSources {
  readonly store: Store;
  readonly clock: Clock;
  readonly configs: ConfigReader;
  readonly templates: TemplateTrier;
}

/** When each release's wanted version was first seen, by key. */
export type FirstSeen = Map<string, { readonly digest: string; readonly at: Instant }>;

export interface Wanting {
  readonly key: string;
  readonly release: ReleaseObject;
  readonly spec: AppReleaseSpec | undefined;
  readonly deployment: DeploymentObject | undefined;
}

export interface WantedParts {
  readonly template: Template;
  readonly configured?: ConfiguredTemplate;
  readonly problem?: Problem;
}

/** What may not be read is for a person to mend: the rest of the snapshot is there all the same. */
export async function readWanted(options: WantedSources, wanting: Wanting): Promise<WantedParts> {
  try {
    const template = await wantedTemplate(options, wanting);
    if (template.kind !== 'found') return { template };
    const { key, release, spec } = wanting;
    const live = spec?.config?.live ?? [];
    // Before they are read: a change in between is seen after all.
    const sources = configMapNames(template.template).filter((name) => !live.includes(name));
    options.store.watchConfigMaps(key, sources);
    const configured = await options.configs.configure(release.namespace, template.template, {
      name: release.name,
      live,
    });
    return { template, configured };
  } catch (error) {
    const meaning = meaningOf(error);
    if (meaning.kind !== 'tell') throw error;
    return { template: { kind: 'missing' }, problem: meaning };
  }
}

async function wantedTemplate(
  { templates }: WantedSources,
  { release, spec, deployment }: Wanting,
): Promise<Template> {
  if (spec?.template) {
    const tried = await templates.try(release, spec.template);
    return tried.kind === 'accepted'
      ? { kind: 'found', template: tried.template }
      : { kind: 'rejected', message: tried.message };
  }
  return deployment ? { kind: 'found', template: deployment.template } : { kind: 'missing' };
}

interface Found {
  readonly key: string;
  readonly firstSeen: FirstSeen;
  readonly configured: ConfiguredTemplate;
  readonly raw: Template;
  readonly sets: readonly ReplicaSetObject[];
}

/** The wanted version, and the set that runs it already, if there is one. */
export function wantedView(
  { clock }: WantedSources,
  { configured, firstSeen, key, raw, sets }: Found,
): WantedView {
  const { digest, hash } = identityOf(configured.template);
  const rawDigest = raw.kind === 'found' ? identityOf(raw.template).digest : digest;
  const matching = sets.filter((set) => isSameRevision(set, { digest, rawDigest, configured }));
  const best = matching.toSorted((a, b) => b.replicas - a.replicas || b.revision - a.revision)[0];
  const seen = firstSeen.get(key);
  const at = seen?.digest === digest ? seen.at : clock.now();
  firstSeen.set(key, { digest, at });
  const waits = configured.sources.length > 0 && !best;
  return {
    hash,
    images: imagesOf(configured.template),
    ...(best ? { setName: best.name } : {}),
    settledAt: waits ? after(at, CONFIG_SETTLE_MS) : at,
  };
}

/* An adopted set reads live ConfigMaps: it is the wanted one while their content is what it was. */
function isSameRevision(
  set: ReplicaSetObject,
  wanted: { digest: string; rawDigest: string; configured: ConfiguredTemplate },
): boolean {
  if (set.adoptedConfig !== undefined) {
    return (
      set.templateDigest === wanted.rawDigest &&
      set.adoptedConfig === wanted.configured.contentDigest
    );
  }
  return set.templateDigest === wanted.digest;
}
