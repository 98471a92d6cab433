// Images that are tomorrow what they are today. Under a tag that moves two pods of one revision can be
// different programs, and a rollback brings back the name and not the program.

const HOST = /(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?/;
const NAME = /[a-z0-9]+(?:[._/-]+[a-z0-9]+)*/;
const TAG_AND_DIGEST = /(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?/;
const REFERENCE = new RegExp(`^${HOST.source}${NAME.source}${TAG_AND_DIGEST.source}$`);
const DIGEST = /@sha256:[0-9a-f]{64}$/;
const FULL_VERSION = /^v?\d+\.\d+\.\d+(?:[-_.+].*)?$/;
const COMMIT = /^(?:[\w.-]*-)?[0-9a-f]{7,40}$/;

/** Why that image cannot be released by its name, with the remedy; undefined when it can. */
export function imageProblem(image: string): string | undefined {
  if (!REFERENCE.test(image)) return `"${image}" is no image name: give one like registry.example/shop:1.2.3`;
  if (DIGEST.test(image)) return undefined;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  if (tag !== undefined && (FULL_VERSION.test(tag) || COMMIT.test(tag))) return undefined;
  const what = tag === undefined ? 'has no tag, which means latest' : `has the tag ${tag}, which can move`;
  return (
    `${image} ${what}: a rollback could bring back another program. Give a full version (:1.2.3), ` +
    'a commit (:4f2c91e) or the digest (@sha256:..., docker buildx imagetools inspect shows it)'
  );
}
