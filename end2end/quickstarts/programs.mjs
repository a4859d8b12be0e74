// The quickstart programs as readers copy them: rendered, installed, built, started. How each is run stands in its quickstart.toml.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { freePort, missing, must, run, serve, setting } from './processes.mjs';

const RECIPES = JSON.parse(execFileSync(setting('RENDER_BIN'), ['--recipes'], { encoding: 'utf8' }));

/** What quickstart.toml says of a program. */
export function recipe(slug) {
  const found = RECIPES.find(({ quickstart }) => quickstart.slug === slug);
  if (!found) throw new Error(`there is no quickstart ${slug}`);
  return found;
}

/** Every program that our tests run, of one kind: `protect` or `ask`. */
export function executed(kind) {
  return RECIPES.filter((each) => each.quickstart.kind === kind && !each.not_executed).map((each) => each.quickstart.slug);
}

/** What quickstart.toml says of every program that our tests do not run. */
export function notExecuted() {
  return RECIPES.filter((each) => each.not_executed);
}

/** Why a program can't be run on this machine; `false` if it can. */
export function reasonToSkip(slug, needs = recipe(slug).run.needs) {
  return missing(needs);
}

/**
 * Renders and starts a program; answers its address and a way to stop it.
 * `name` tells its folder from those of other tests; `values` are issuer, audience, scope; `secrets` are those of an HS256 API by `kid`.
 */
export async function start(slug, alg, name, values, secrets = {}) {
  const prepared = await prepare(slug, alg, name, values);
  const port = await freePort();
  const pairs = Object.entries(secrets).map((pair) => pair.join(':'));
  const env = { ...ENV, PORT: String(port), ...(pairs.length && { SIGNING_SECRETS: pairs.join(',') }) };
  const url = `http://localhost:${port}`;
  const server = await serve('sh', ['-c', prepared.start], { cwd: prepared.folder, env }, `${url}/api/public`);
  return { ...server, url };
}

/** Runs a prepared program to its end, with these variables in its environment; answers its exit code and output. */
export function execute(prepared, env = {}) {
  return run('sh', ['-c', prepared.start], { cwd: prepared.folder, env: { ...ENV, ...env } });
}

/** What every program finds in its environment: nothing of ours. */
const ENV = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Renders, installs and builds a program; answers its folder and the command that starts it there. */
export async function prepare(slug, alg, name, values) {
  const folder = await render(slug, alg, name, values);
  const { needs, install, manifests, makes, build, start: command } = recipe(slug).run;
  if (install && makes.length > 0) {
    const installed = await once(slug, install, manifests, folder);
    for (const made of makes) await symlink(path.join(installed, made), path.join(folder, made));
  } else if (install) {
    await must('sh', ['-c', install], { cwd: folder });
  }
  if (build) {
    // Compilers use all cores and share a cache, so those of one language take turns.
    const env = { ...process.env, CARGO_TARGET_DIR: path.join(await cache(), 'cargo'), CARGO_PROFILE_DEV_DEBUG: '0' };
    await must('flock', [path.join(await cache(), `${needs[0]}.lock`), 'sh', '-c', build], { cwd: folder, env });
  }
  return { folder, start: command };
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
async function once(slug, install, manifests, folder) {
  const hash = createHash('sha256').update(install);
  for (const name of manifests) hash.update(await readFile(path.join(folder, name)));
  const place = path.join(await cache(), `${slug}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(place)) return place;
  const draft = await mkdtemp(`${place}-`);
  try {
    for (const name of manifests) await copyFile(path.join(folder, name), path.join(draft, name));
    await must('sh', ['-c', install], { cwd: draft });
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
