import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const portFile = 'parley.port';

/** The wanted port, else the one used last if it is free, else any free one; remembered in the data folder. */
export async function choosePort(dataDir: string, wanted?: number): Promise<number> {
  const file = path.join(dataDir, portFile);
  const port = wanted ?? (await freePort(readPort(file))) ?? (await freePort(0));
  if (port === undefined) throw new Error('No free TCP port on 127.0.0.1.');
  if (port !== readPort(file)) writeFileSync(file, `${port}\n`, { mode: 0o600 });
  return port;
}

function readPort(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || 0;
  } catch {
    return 0;
  }
}

/** undefined: taken. */
function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
