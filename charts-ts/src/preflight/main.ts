// `kubectl get nodes -o json | npm run preflight -- prod-eu`: before the first apply, whether the cluster
// offers the zones that the environment declares. Ends with 1 when it does not, with 2 for a wrong call.
import { text } from 'node:stream/consumers';
import { findingLine } from '../checks/finding.ts';
import { SETTINGS } from '../environments/registry.ts';
import { nodeProblems, zonesOf, type NodeView } from './region-nodes.ts';

const USAGE = `kubectl get nodes -o json | npm run preflight -- <${Object.keys(SETTINGS).join('|')}>`;

function isEnvironment(name: string | undefined): name is keyof typeof SETTINGS {
  return name !== undefined && Object.hasOwn(SETTINGS, name);
}

/** The nodes in what kubectl printed. Throws a sentence for anything else. */
function parseNodes(json: string): readonly NodeView[] {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed === 'object' && parsed !== null && 'items' in parsed && Array.isArray(parsed.items)) {
    return parsed.items as NodeView[];
  }
  throw new Error('no list of nodes');
}

async function main(name: string | undefined): Promise<number> {
  if (!isEnvironment(name)) {
    console.error(`preflight: name an environment. ${USAGE}`);
    return 2;
  }
  let nodes: readonly NodeView[];
  try {
    nodes = parseNodes(await text(process.stdin));
  } catch (error) {
    console.error(`preflight: cannot read nodes (${error instanceof Error ? error.message : 'unknown'}). ${USAGE}`);
    return 2;
  }
  const { zones } = SETTINGS[name];
  const problems = nodeProblems(nodes, zones);
  for (const problem of problems) console.error(findingLine({ path: name, ...problem }));
  if (problems.length > 0) return 1;
  console.log(`${name}: ${zones.length === 0 ? 'no zones declared' : `zones ${zonesOf(nodes).join(', ')}`}`);
  return 0;
}

process.exitCode = await main(process.argv[2]);
