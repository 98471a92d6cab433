// Cache: the objects of one reflector, projected, read only, with secondary indexes.
// Only the reflector writes; everybody else holds the Cache half.

/** What every projection keeps, so that it can be found and compared. */
export interface Keyed {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface Cache<T extends Keyed> {
  get(namespace: string, name: string): T | undefined;
  /** All objects, or those of one namespace; in no particular order. */
  list(namespace?: string): readonly T[];
  /** The objects for which the index function gave `value`. Unknown index names are a bug. */
  byIndex(indexName: string, value: string): readonly T[];
  /** Adds an index; objects already present are indexed at once. */
  addIndex(indexName: string, valuesOf: (object: T) => readonly string[]): void;
  readonly size: number;
}

export interface WritableCache<T extends Keyed> extends Cache<T> {
  /** Stores `object` under its name and returns what stood there. */
  set(object: T): T | undefined;
  /** Removes and returns what stood there. */
  remove(namespace: string, name: string): T | undefined;
}

type Index<T> = {
  readonly valuesOf: (object: T) => readonly string[];
  readonly objects: Map<string, Set<T>>;
};

/**
 * An empty cache. An index function that throws gives no values for that object and is reported to
 * `onIndexError`; the object itself is kept, so that one odd object cannot hide the others.
 */
export function createCache<T extends Keyed>(
  onIndexError: (error: unknown) => void,
): WritableCache<T> {
  const namespaces = new Map<string, Map<string, T>>();
  const indexes = new Map<string, Index<T>>();
  let size = 0;

  const valuesIn = (index: Index<T>, object: T): readonly string[] => {
    try {
      return index.valuesOf(object);
    } catch (error) {
      onIndexError(error);
      return [];
    }
  };
  const addToIndexes = (object: T) => {
    for (const index of indexes.values()) addToIndex(index, object, valuesIn(index, object));
  };
  const removeFromIndexes = (object: T) => {
    for (const index of indexes.values()) removeFromIndex(index, object, valuesIn(index, object));
  };
  const all = () => [...namespaces.values()].flatMap((objects) => [...objects.values()]);

  return {
    get: (namespace, name) => namespaces.get(namespace)?.get(name),
    list(namespace) {
      if (namespace !== undefined) return [...(namespaces.get(namespace)?.values() ?? [])];
      return all();
    },
    byIndex(indexName, value) {
      const index = indexes.get(indexName);
      if (index === undefined) throw new Error(`no such index: ${indexName}`);
      return [...(index.objects.get(value) ?? [])];
    },
    addIndex(indexName, valuesOf) {
      if (indexes.has(indexName)) throw new Error(`index already there: ${indexName}`);
      const index: Index<T> = { valuesOf, objects: new Map() };
      indexes.set(indexName, index);
      for (const object of all()) addToIndex(index, object, valuesIn(index, object));
    },
    set(object) {
      let objects = namespaces.get(object.namespace);
      if (objects === undefined) {
        objects = new Map();
        namespaces.set(object.namespace, objects);
      }
      const previous = objects.get(object.name);
      if (previous === undefined) size += 1;
      else removeFromIndexes(previous);
      objects.set(object.name, object);
      addToIndexes(object);
      return previous;
    },
    remove(namespace, name) {
      const objects = namespaces.get(namespace);
      const previous = objects?.get(name);
      if (objects === undefined || previous === undefined) return undefined;
      objects.delete(name);
      if (objects.size === 0) namespaces.delete(namespace);
      removeFromIndexes(previous);
      size -= 1;
      return previous;
    },
    get size() {
      return size;
    },
  };
}

function addToIndex<T>(index: Index<T>, object: T, values: readonly string[]): void {
  for (const value of values) {
    const objects = index.objects.get(value);
    if (objects === undefined) index.objects.set(value, new Set([object]));
    else objects.add(object);
  }
}

function removeFromIndex<T>(index: Index<T>, object: T, values: readonly string[]): void {
  for (const value of values) {
    const objects = index.objects.get(value);
    objects?.delete(object);
    if (objects?.size === 0) index.objects.delete(value);
  }
}
