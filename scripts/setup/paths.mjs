import { fileURLToPath } from 'node:url';

/** The root of the repository, without a slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What scripts may lose at any time: stamps, reports, scratch trees, the second Node. */
export const cache = `${root}/.cache`;
