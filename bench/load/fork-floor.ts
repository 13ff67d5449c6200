import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a program of bench/floors; resolves with the port it listens on. */
export async function forkFloor(
  name: string,
  args: readonly string[] = [],
): Promise<{ child: ChildProcess; port: number; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL(`../floors/${name}.js`, import.meta.url)), args);
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return {
    child,
    port: message.port,
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
