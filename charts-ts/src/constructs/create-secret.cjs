// Makes a Secret with random parts and leaves one that is there alone. Runs inside the cluster, in any
// image with Node.js; prints no value. Settings: GENERATE_NAME, GENERATE_NAMESPACE, GENERATE_TEMPLATE.
const { randomInt } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { request } = require('node:https');

const { env } = process;
const account = env.ACCOUNT_DIR || '/var/run/secrets/kubernetes.io/serviceaccount';
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const made = {};
const random = (_, name) =>
  (made[name] ??= Array.from({ length: 32 }, () => letters[randomInt(letters.length)]).join(''));
const stringData = Object.fromEntries(
  Object.entries(JSON.parse(env.GENERATE_TEMPLATE)).map(([key, text]) => [
    key,
    text.replaceAll(/\{\{random:([a-z]+)\}\}/g, random),
  ]),
);
const name = env.GENERATE_NAME;
const place = `${env.GENERATE_NAMESPACE}/${name}`;
const body = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
const fine = { 201: 'made', 409: 'was there already and is left as it is' };

const call = request(
  {
    host: env.KUBERNETES_SERVICE_HOST,
    port: env.KUBERNETES_SERVICE_PORT,
    method: 'POST',
    path: `/api/v1/namespaces/${env.GENERATE_NAMESPACE}/secrets?fieldManager=slipway-secret-init`,
    ca: readFileSync(`${account}/ca.crt`),
    timeout: 20_000,
    headers: {
      authorization: `Bearer ${readFileSync(`${account}/token`, 'utf8').trim()}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  },
  (answer) => {
    answer.resume();
    const word = fine[answer.statusCode];
    console.log(`Secret ${place}: ${word ?? `the API server answers ${answer.statusCode}`}`);
    process.exitCode = word ? 0 : 1;
  },
);
call.on('timeout', () => call.destroy(new Error('no answer within 20 s')));
call.on('error', (error) => {
  console.error(`Secret ${place}: ${error.message}`);
  process.exitCode = 1;
});
call.end(body);
