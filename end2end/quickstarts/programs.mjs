// The quickstart programs as readers copy them: rendered, installed, started.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { freePort, must, serve, setting } from './processes.mjs';

/** How a rendered folder becomes a command that serves it. */
const LAUNCH = {
  async 'node-express'(folder) {
    const installed = await once('node-express', [folder, 'package.json', 'package-lock.json'], async (into) => {
      for (const name of ['package.json', 'package-lock.json']) await copyFile(path.join(folder, name), path.join(into, name));
      await must('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: into });
    });
    await symlink(path.join(installed, 'node_modules'), path.join(folder, 'node_modules'));
    return [process.execPath, ['server.mjs']];
  },
  async 'python-flask'(folder) {
    const installed = await once('python-flask', [folder, 'requirements.txt'], async (into) => {
      await must('python3', ['-m', 'venv', into]);
      await must(path.join(into, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--requirement', path.join(folder, 'requirements.txt')]);
    });
    return [path.join(installed, 'bin/python'), ['server.py']];
  },
  async 'rust-axum'(folder) {
    const target = path.join(await cache(), 'cargo');
    const env = { ...process.env, CARGO_TARGET_DIR: target, CARGO_PROFILE_DEV_DEBUG: '0' };
    // Every rendering builds to the same path, so that copying it away belongs to the build.
    const build = `cargo build --locked --quiet && cp "$CARGO_TARGET_DIR/debug/api" api`;
    await must('flock', [`${target}.lock`, 'sh', '-c', build], { cwd: folder, env });
    return [path.join(folder, 'api'), []];
  },
};

/** Every program that protects an API. */
export const PROTECTING = Object.keys(LAUNCH);

/**
 * Renders and starts a program; answers its address and a way to stop it.
 * `name` tells its folder from those of other tests; `values` are issuer, audience, scope; `secrets` are those of an HS256 API by `kid`.
 */
export async function start(slug, alg, name, values, secrets = {}) {
  const folder = await render(slug, alg, name, values);
  const [command, args] = await LAUNCH[slug](folder);
  const port = await freePort();
  const pairs = Object.entries(secrets).map((pair) => pair.join(':'));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, PORT: String(port), ...(pairs.length && { SIGNING_SECRETS: pairs.join(',') }) };
  const url = `http://localhost:${port}`;
  const server = await serve(command, args, { cwd: folder, env }, `${url}/api/public`);
  return { ...server, url };
}

/** Writes a program with these values to an empty folder, always the same for the same name: compilers then find their earlier work. */
export async function render(slug, alg, name, values) {
  const folder = path.join(await cache(), 'rendered', `${slug}-${alg}-${name}`);
  await rm(folder, { recursive: true, force: true });
  const flags = Object.entries(values).flatMap(([flag, value]) => [`--${flag}`, value]);
  await must(setting('RENDER_BIN'), [slug, alg, ...flags, '--out', folder]);
  return folder;
}

/** Installs once for each content of the manifests, whole or not at all, even if several tests do it at the same time. */
async function once(slug, [folder, ...manifests], install) {
  const hash = createHash('sha256');
  for (const name of manifests) hash.update(await readFile(path.join(folder, name)));
  const place = path.join(await cache(), `${slug}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(place)) return place;
  const draft = await mkdtemp(`${place}-`);
  try {
    await install(draft);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  return place;
}

async function cache() {
  const folder = setting('TESSERA_QUICKSTART_CACHE');
  await mkdir(folder, { recursive: true });
  return path.resolve(folder);
}
