import { fileURLToPath } from 'node:url';
import { walks } from './sdk.mjs';

walks('auth0 for Node.js', {
  needs: [],
  prepare: () => ({ command: process.execPath, args: [fileURLToPath(new URL('node-auth0.mjs', import.meta.url))] }),
});
