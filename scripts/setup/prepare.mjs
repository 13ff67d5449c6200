import { build } from './build.mjs';
import { install } from './install.mjs';
import { withLock } from './lock.mjs';
import { cache } from './paths.mjs';

/**
 * Brings node_modules and the build up to date, one process at a time.
 *
 * @param {{force?: boolean}} [options] `force` builds even what is fresh
 * @returns {Promise<void>} rejects with a message for people
 */
export async function prepare(options = {}) {
  await withLock(
    `${cache}/prepare.lock`,
    async () => {
      await install();
      await build(options);
    },
    (pid) => console.error(`Another start or build is at work (process ${pid}); waiting for it …`),
  );
}
