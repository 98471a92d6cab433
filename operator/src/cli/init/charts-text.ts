// The start of manifests in TypeScript: a folder of its own with one program that renders them.
import { releaseSpec } from './release-text.ts';
import type { InitApp } from './app.ts';

/** A folder that `init --charts` writes; `checkout` is Slipway's, as seen from that folder. */
export function chartsFiles(app: InitApp, checkout: string): { path: string; text: string }[] {
  return [
    { path: 'charts/main.ts', text: mainText(app) },
    { path: 'charts/package.json', text: packageText(app, checkout) },
    { path: 'charts/.gitignore', text: 'node_modules/\n' },
  ];
}

/* The dependency is a link: constructs are used as they stand in the checkout. */
function packageText({ name }: InitApp, checkout: string): string {
  const contents = {
    name: `${name}-charts`,
    private: true,
    type: 'module',
    engines: { node: '>=24' },
    scripts: { synth: 'node main.ts' },
    dependencies: { slipway: `file:${checkout}` },
  };
  return `${JSON.stringify(contents, null, 2)}\n`;
}

function mainText(app: InitApp): string {
  const isNew = app.workload.kind === 'new';
  const constructs = 'slipway/charts-ts/src/constructs';
  return `${[
    `// The manifests of ${app.name}. \`npm run synth\` writes them to ../deploy, which is committed and`,
    '// applied. Everything that another environment would have different stands at the top. Written by',
    '// `kubectl slipway init --charts`; it is yours from now on.',
    `import { AppReleaseObject } from '${constructs}/app-release-object.ts';`,
    ...(isNew ? [`import { WebApp } from '${constructs}/web-app.ts';`] : []),
    "import { writeCharts } from 'slipway/charts-ts/src/write-charts.ts';",
    "import type { AppReleaseSpecInput } from 'slipway/operator/src/api/app-release.ts';",
    '',
    `const name = ${literal(app.name)};`,
    ...(app.namespace === undefined ? [] : [`const namespace = ${literal(app.namespace)};`]),
    ...(app.workload.kind === 'new'
      ? [
          '// Never a tag that moves: a rollback must find what it left. Rendering refuses one.',
          `const image = ${literal(app.workload.image)};`,
        ]
      : []),
    '',
    '// How new versions go out, and when they are taken back; checked by the schema of the operator.',
    `const release: AppReleaseSpecInput = ${literal(releaseSpec(app))};`,
    '',
    'const written = writeCharts({',
    "  folder: new URL('../deploy', import.meta.url).pathname,",
    ...(app.namespace === undefined ? [] : ['  namespace,']),
    '  files: {',
    ...webAppLines(app),
    "    '20-release': (chart) => {",
    "      new AppReleaseObject(chart, 'Release', { name, spec: release });",
    '    },',
    '  },',
    '});',
    "console.log(`deploy: ${written.join(', ')}`);",
  ].join('\n')}\n`;
}

function webAppLines({ workload, metrics, gateway }: InitApp): string[] {
  if (workload.kind !== 'new') return [];
  const { port, metricsPort, healthPath } = workload;
  return [
    "    '10-app': (chart) => {",
    "      new WebApp(chart, 'App', {",
    '        name,',
    '        image,',
    '        // The release says how many pods serve; the Deployment never starts one of its own.',
    "        scale: { kind: 'release' },",
    ...(gateway === undefined
      ? []
      : [
          '        // The gateway splits the traffic; clients inside the cluster are kept at stable.',
          '        selectsPods: false,',
        ]),
    '        serving: {',
    `          port: ${port},`,
    `          metricsPort: ${metrics === undefined ? port : (metricsPort ?? port)},`,
    ...(healthPath === undefined
      ? ['          // An open port is little to go by: name a page that is 200 when it can serve.']
      : []),
    `          ready: ${literal(healthPath ?? 'port')},`,
    '          // A page that asks the database would restart every pod when the database is away.',
    "          live: 'port',",
    '          // SIGTERM comes when every proxy has heard; until then the pod goes on answering.',
    "          drains: 'kubelet',",
    '        },',
    '      });',
    '    },',
  ];
}

/* As people write it: no quotes around keys that need none, single ones around texts. */
function literal(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll(/"([A-Za-z_]\w*)":/g, '$1:')
    .replaceAll(/"((?:[^"\\]|\\.)*)"/g, (whole, text: string) => (text.includes("'") ? whole : `'${text}'`));
}
