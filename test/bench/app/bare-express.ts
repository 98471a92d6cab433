// The least that Express can do: one route, no middleware. Prints its port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.get('/version', (_request, response) => void response.json({ version: 'dev' }));
const server = createServer(app);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`{"port":${(server.address() as AddressInfo).port}}\n`);
});
process.once('SIGTERM', () => process.exit(0));
