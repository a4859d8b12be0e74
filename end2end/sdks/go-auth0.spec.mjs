import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../quickstarts/processes.mjs';
import { walks } from './sdk.mjs';

walks('go-auth0', {
  needs: ['go'],
  async prepare() {
    const folder = await mkdtemp(path.join(tmpdir(), 'tessera-go-auth0-'));
    const command = path.join(folder, 'walk');
    await must('go', ['build', '-o', command, '.'], { cwd: fileURLToPath(new URL('go-auth0', import.meta.url)) });
    return { command, args: [], dispose: () => rm(folder, { recursive: true, force: true }) };
  },
});
