import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { env, root } from './server.ts';

export interface OwnEngine {
  readonly url: string;
  /** Where `npm run engines` keeps it. */
  readonly dir: string;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL that belongs to one test, which may kill it. It is kept beside the engines of the step, which ends what it finds
 * there (scripts/suites/bring-engines.mjs): a test that is killed leaves nothing behind.
 */
export async function startOwnPostgres(beside: { readonly dir?: string | undefined }): Promise<OwnEngine> {
  if (!beside.dir) throw new Error('PARLEY_TEST_ENGINES_DIR does not say where engines are kept');
  const dir = await mkdtemp(path.join(beside.dir, 'own-'));
  await chmod(dir, 0o755); // engines run as users of their own
  async function stop(): Promise<void> {
    await runEngines(['down', 'postgres', '--dir', dir]);
    await rm(dir, { recursive: true, force: true });
  }
  try {
    return { url: await bringUp(dir, 'postgres', await freePort()), dir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts an engine, or finds it running; where it is. */
export async function bringUp(dir: string, name: string, port: number): Promise<string> {
  const output = await runEngines(['up', name, '--dir', dir, '--port', `${name}=${port}`]);
  const url = new RegExp(`^${name.toUpperCase()}=(.+)$`, 'm').exec(output)?.[1];
  if (!url) throw new Error(`${name} did not say where it is:\n${output}`);
  return url;
}

/** `npm run engines -- …`: what it said; rejects with that when it fails. */
export async function runEngines(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(root, 'scripts', 'engines.mjs'), ...args], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`engines ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
