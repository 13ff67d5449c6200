import { readdirSync } from 'node:fs';

const folder = new URL('..', import.meta.url);
/** What others stand on comes up first and goes down last. */
const order = ['postgres', 'redis', 'rabbitmq', 'kafka', 'nginx'];

/** @returns {Promise<object[]>} the engine modules (README.md), in the order to start them */
export async function listEngines() {
  const files = readdirSync(folder).filter((file) => file.endsWith('.mjs') && !file.endsWith('.test.mjs'));
  const engines = await Promise.all(files.map((file) => import(new URL(file, folder).href)));
  const rank = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  return engines.sort((a, b) => rank(a) - rank(b));
}
