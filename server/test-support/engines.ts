import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'vitest';

/** The engines of these tests, as `npm run engines -- up` prints them. */
const variables = {
  redis: 'PARLEY_TEST_REDIS_URL',
  rabbitmq: 'PARLEY_TEST_RABBITMQ_URL',
  kafka: 'PARLEY_TEST_KAFKA_URL',
  nginx: 'PARLEY_TEST_NGINX_URL',
};

export type EngineName = keyof typeof variables;

/** Where the engine is; null: not here, so its tests are skipped. In CI that is an error, which says what to do. */
export function engineUrl(engine: EngineName): string | null {
  const variable = variables[engine];
  const url = process.env[variable];
  if (!url && process.env.CI === 'true') throw new Error(`${variable} is not set: npm run engines -- up ${engine}`);
  return url ?? null;
}

/** A test that needs an engine. */
export function engineTest(engine: EngineName, name: string, run: (url: string) => Promise<void>): void {
  const url = engineUrl(engine);
  test(name, async (context) => {
    if (url) return run(url);
    context.skip(`${variables[engine]} is not set: npm run engines -- up ${engine}`);
  });
}

/** As `engineTest`, for what stops and starts the engine itself: PARLEY_TEST_ENGINES_DIR must be the folder it runs in. */
export function engineRestartTest(
  engine: EngineName,
  name: string,
  run: (url: string, control: EngineControl) => Promise<void>,
): void {
  engineTest(engine, name, async (url) => {
    const dir = process.env.PARLEY_TEST_ENGINES_DIR;
    if (!dir) throw new Error('PARLEY_TEST_ENGINES_DIR is not set: it is what status prints as the folder of data.');
    await run(url, controlEngine(engine, dir));
  });
}

export interface EngineControl {
  /** SIGKILL, without a chance to say goodbye. */
  kill(): Promise<void>;
  /** Resolves when it answers again, on the same port and over the same data. */
  start(): Promise<void>;
}

function controlEngine(engine: EngineName, dir: string): EngineControl {
  const { pid, port } = JSON.parse(readFileSync(`${dir}/${engine}/process.json`, 'utf8')) as {
    pid: number;
    port: number;
  };
  return {
    async kill() {
      process.kill(-pid, 'SIGKILL');
      await runEngines(['down', engine, '--dir', dir]);
    },
    start: () => runEngines(['up', engine, '--dir', dir, '--port', `${engine}=${port}`]),
  };
}

/** `npm run engines -- …`; rejects with what it said when it fails. */
export function runEngines(args: readonly string[]): Promise<void> {
  const script = new URL('../../scripts/engines.mjs', import.meta.url).pathname;
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(output))));
  });
}
