/** `npm run build`: installs what is missing and builds what is stale; `-- --force` builds everything anew. */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { prepare } = await import('./setup/prepare.mjs');
try {
  await prepare({ force: process.argv.includes('--force') });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
