import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { createFolder, type TestServer } from './server.ts';
import { startSystem } from './topologies.ts';

/** Where the workers of a run find what keeps the shared system. */
export const sharedSystemVariable = 'PARLEY_TEST_SHARED_SYSTEM';

/** What the keeper answers. */
export interface SharedSystemInfo {
  readonly url: string;
  readonly adminUrl: string;
  readonly grpcPort: number;
  readonly data: string;
  readonly logFile: string;
}

/** One system for all who can share it: it knows no limits of pace, for those have a scenario with a system of its own. */
const flags = {
  admins: 'chief,chief-of-graphql',
  'max-attachment-mb': '1',
  'sign-ins-per-minute': '1000000',
  'sends-per-second': '100000',
};

/**
 * A global set-up of vitest. The system is started when the first file asks for it, so a run of files that need none has none,
 * and ended after the last file.
 */
export default async function keepSharedSystem(): Promise<() => Promise<void>> {
  const folder = await createFolder();
  const logFile = path.join(folder, 'log');
  await writeFile(logFile, '');
  let system: Promise<TestServer> | undefined;
  let grpcPort = 0;

  async function start(): Promise<TestServer> {
    grpcPort = await freePort();
    return startSystem({ logFile, flags: { ...flags, 'grpc-port': String(grpcPort) } });
  }

  async function describeSystem(): Promise<SharedSystemInfo> {
    system ??= start();
    const { url, adminUrl, data } = await system;
    return { url, adminUrl, grpcPort, data, logFile };
  }

  const keeper = createServer((_, response) => {
    describeSystem().then(
      (info) => response.end(JSON.stringify(info)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  keeper.listen(0, '127.0.0.1');
  await once(keeper, 'listening');
  process.env[sharedSystemVariable] = `http://127.0.0.1:${(keeper.address() as AddressInfo).port}`;

  return async () => {
    keeper.closeAllConnections();
    keeper.close();
    const started = await system?.catch(() => null);
    await started?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
