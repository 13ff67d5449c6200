import { allServices } from './all-services.ts';

/** What `--target` can name. A target is a module of main/modules with everything it needs. */
export const targets: Readonly<Record<string, string>> = {
  all: 'everything, in one process',
  ...Object.fromEntries(allServices.map(({ name, description }) => [name, description])),
};
