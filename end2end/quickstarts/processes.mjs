// Child processes, free ports and waiting, without a fixed pause anywhere.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The value of an environment variable that these tests can't do without. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; scripts/test.sh says what it should be`);
  return value;
}

/** Which of these commands are not installed, in words; `false` if all are. */
export function missing(commands) {
  const absent = commands.filter((command) => !onPath(command));
  return absent.length > 0 && `${absent.join(' and ')} is not installed`;
}

function onPath(command) {
  return process.env.PATH.split(path.delimiter).some((folder) => existsSync(path.join(folder, command)));
}

/** Runs a command to its end and answers its exit code and output. */
export function run(command, args, options = {}, input = '') {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { maxBuffer: 64 << 20, ...options }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: error ? error.code : 0, stdout, stderr });
    });
    child.stdin.on('error', () => {}); // a command may end without reading its input
    child.stdin.end(input);
  });
}

/** Runs a command that must succeed and answers its standard output. */
export async function must(command, args, options) {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** Starts a server and waits until `url` answers 200; what it is trusted by is `ca` (PEM), if not by everybody. */
export async function serve(command, args, options, url, ca) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part));
  let failure;
  child.on('error', (error) => (failure = error));
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const running = () => child.exitCode === null && child.signalCode === null && !failure;
  try {
    await until(async () => {
      if (!running()) throw new Error(`${command} ${args.join(' ')} ended at once: ${failure ?? ''}\n${output}`);
      return (await statusOf(url, ca)) === 200;
    }, `${url} answers 200`);
  } catch (error) {
    kill();
    throw error;
  }
  return {
    pid: child.pid,
    output: () => output,
    async stop() {
      process.off('exit', kill);
      if (!running()) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The status that `url` answers with; none if nobody answers. */
function statusOf(url, ca) {
  return new Promise((resolve) => {
    (url.startsWith('https:') ? https : http)
      .get(url, { ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', () => resolve(undefined));
  });
}

/** Asks again and again until `holds` answers true; fails after a minute. */
export async function until(holds, what) {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within a minute: ${what}`);
    await pause(25);
  }
}

/** A port that nothing listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
