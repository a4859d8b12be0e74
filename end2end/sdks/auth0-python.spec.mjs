import { fileURLToPath } from 'node:url';
import { setting } from '../quickstarts/processes.mjs';
import { walks } from './sdk.mjs';

walks('auth0-python', {
  needs: [],
  prepare: () => ({ command: setting('TESSERA_TEST_PYTHON'), args: [fileURLToPath(new URL('auth0_python.py', import.meta.url))] }),
});
