// Joins the files that lie between the chunks of the bundle: chunks.mjs FOLDER.
//
// The splitter makes one file for each set of chunks that need the same code: with ten chunks that is a hundred files of some
// hundred bytes, and a page would ask for most of them. Here they become one file of what several nouns need (`shared.wasm`), and
// for each noun one of what only its own chunks need (`apis_shared.wasm`: chunks are named `noun` or `noun_part`).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = process.argv[2];
const at = (name) => path.join(folder, name);
const LINKER = at('__wasm_split.______________________.js');
const MANIFEST = at('__wasm_split_manifest.json');
/** What lies beside each file of the site: extension and how it is made. */
const COMPRESSED = { '.br': smallest, '.gz': (bytes) => gzipSync(bytes, { level: 9 }) };
/** As in the optimisation that cargo-leptos has done, and what rustc takes for granted on this target. */
const FEATURES = ['bulk-memory', 'nontrapping-float-to-int', 'reference-types', 'mutable-globals', 'sign-ext', 'multivalue'].map((name) => `--enable-${name}`);

const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
/** Which chunks need the file, by its name. */
const users = {};
for (const [chunk, files] of Object.entries(manifest)) {
  for (const file of files.filter((file) => file.startsWith('chunk_'))) (users[file] ??= []).push(chunk);
}
/** The file that each file goes into. */
const goesInto = {};
for (const [file, chunks] of Object.entries(users)) {
  const nouns = new Set(chunks.map((chunk) => chunk.split('_')[0]));
  goesInto[file] = nouns.size === 1 ? `${[...nouns][0]}_shared` : 'shared';
}

for (const group of new Set(Object.values(goesInto))) {
  join(
    Object.keys(goesInto).filter((file) => goesInto[file] === group),
    group,
  );
}
for (const [chunk, files] of Object.entries(manifest)) manifest[chunk] = [...new Set(files.map((file) => goesInto[file] ?? file))];
write(MANIFEST, JSON.stringify(manifest, null, 2));
write(LINKER, relink(readFileSync(LINKER, 'utf8')));
for (const file of Object.keys(goesInto)) {
  for (const extension of ['', ...Object.keys(COMPRESSED)]) rmSync(at(`${file}.wasm${extension}`));
}

// A second run finds what the first has laid bare: half a percent, which is what a page more costs.
for (const file of readdirSync(folder).filter((file) => file.endsWith('.wasm'))) {
  execFileSync('wasm-opt', ['-Oz', ...FEATURES, at(file), '-o', at(file)], { stdio: ['ignore', 'inherit', 'inherit'] });
  write(at(file), readFileSync(at(file)));
}

/** Makes one module of several that import the same memory, table and globals of the first one and export nothing. */
function join(files, group) {
  const temporary = mkdtempSync(path.join(tmpdir(), 'tessera-chunks-'));
  try {
    const host = path.join(temporary, 'host.wasm');
    writeFileSync(`${host}.wat`, hostOf(files));
    execFileSync('wasm-as', [...FEATURES, `${host}.wat`, '-o', host]);
    const modules = files.flatMap((file) => [at(`${file}.wasm`), file]);
    const whole = path.join(temporary, 'whole.wasm');
    execFileSync('wasm-merge', [...FEATURES, host, '__wasm_split', ...modules, '-o', whole], { stdio: ['ignore', 'inherit', 'inherit'] });
    execFileSync('wasm-opt', ['-Oz', ...FEATURES, whole, '-o', whole], { stdio: ['ignore', 'inherit', 'inherit'] });
    write(at(`${group}.wasm`), readFileSync(whole));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/** Writes a file of the site, with its compressed forms. */
function write(file, content) {
  writeFileSync(file, content);
  for (const [extension, compress] of Object.entries(COMPRESSED)) writeFileSync(file + extension, compress(Buffer.from(content)));
}

/** Brotli has modes for other kinds of content than it takes for WebAssembly; which of them makes the least of a file is only known afterwards. */
function smallest(bytes) {
  const modes = [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_TEXT, constants.BROTLI_MODE_FONT];
  const made = modes.map((mode) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_MODE]: mode } }));
  return made.reduce((least, other) => (other.length < least.length ? other : least));
}

/** A module that passes on, under the name from which the files import it, what the bundle gives under `env`. */
function hostOf(files) {
  const limits = {};
  for (const file of files) {
    const text = execFileSync('wasm-dis', [...FEATURES, at(`${file}.wasm`)], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const imports = text.split('\n').filter((line) => line.startsWith(' (import '));
    for (const line of imports) {
      const [, name, kind, type] = /^ \(import "__wasm_split" "([^"]+)" \((memory|table|global) \$\S+ (.+)\)\)$/.exec(line) ?? fail(`${file} imports ${line}`);
      const least = Number(/^\d+/.exec(type)?.[0] ?? 0);
      if (!limits[name] || limits[name].least < least) limits[name] = { kind, type, least };
    }
  }
  const lines = Object.entries(limits).map(([name, { kind, type }]) => `(import "env" "${name}" (${kind} $${name} ${type})) (export "${name}" (${kind} $${name}))`);
  const order = (line) => (line.includes('(import') ? 0 : 1);
  return `(module ${lines.sort((a, b) => order(a) - order(b)).join('\n')})`;
}

/** The script that fetches the chunks, with the new files in the place of the old. */
function relink(script) {
  const loader = /^(?:\/\*[^\n]*\*\/\n)?const (__chunk_\d+) = makeLoad\((?:new URL\("\.\/(chunk_\d+)\.wasm", import\.meta\.url\)|undefined), \[\]\);\n/gm;
  const groupOf = {};
  const made = new Set();
  let relinked = script.replace(loader, (_, variable, file) => {
    const group = goesInto[file];
    groupOf[variable] = group;
    if (!group || made.has(group)) return '';
    made.add(group);
    return `const __${group} = makeLoad(new URL("./${group}.wasm", import.meta.url), []);\n`;
  });
  relinked = relinked.replace(/\[(__chunk_\d+(?:, __chunk_\d+)*)\]/g, (_, list) => {
    const groups = new Set(list.split(', ').map((variable) => groupOf[variable]));
    return `[${[...groups].filter(Boolean).map((group) => `__${group}`)}]`;
  });
  const imports = /(sharedImports = \{ __wasm_split: \{[^}]*\} \};)/;
  if (/__chunk_\d/.test(relinked) || made.size !== new Set(Object.values(goesInto)).size || !imports.test(relinked)) fail('the script of the splitter has another form');
  return relinked.replace(imports, '$1\n        sharedImports.env = sharedImports.__wasm_split;');
}

function fail(why) {
  throw new Error(why);
}
