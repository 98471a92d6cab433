// Which AppReleases look at which ConfigMap. Each release names what it looks at as a whole, so that
// nothing stays of what it looked at before.

export interface ConfigWatchers {
  /** In place of what the release `key` looked at until now; keys and names are `namespace/name`. */
  set(key: string, configMaps: readonly string[]): void;
  /** Keys of the releases that look at that ConfigMap. */
  of(configMap: string): readonly string[];
  /** ConfigMaps that somebody looks at. */
  readonly size: number;
}

export function createConfigWatchers(): ConfigWatchers {
  const watched = new Map<string, readonly string[]>();
  const watchers = new Map<string, Set<string>>();

  function leave(key: string, configMap: string): void {
    const others = watchers.get(configMap);
    others?.delete(key);
    if (others?.size === 0) watchers.delete(configMap);
  }

  return {
    set(key, configMaps) {
      for (const configMap of watched.get(key) ?? []) leave(key, configMap);
      if (configMaps.length === 0) watched.delete(key);
      else watched.set(key, configMaps);
      for (const configMap of configMaps) {
        watchers.set(configMap, (watchers.get(configMap) ?? new Set()).add(key));
      }
    },
    of: (configMap) => [...(watchers.get(configMap) ?? [])],
    get size() {
      return watchers.size;
    },
  };
}
