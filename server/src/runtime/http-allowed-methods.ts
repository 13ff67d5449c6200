import type { FastifyInstance } from 'fastify';
import createRouter, { type HTTPMethod } from 'find-my-way';

export interface AllowedMethods {
  /** What a path answers, in alphabetical order; empty: there is no such path. */
  of(path: string): readonly string[];
}

/** Watches which routes are added, for the answer to a method that a path does not have (RFC 9110, 15.5.6). Call it before the first. */
export function collectAllowedMethods(app: FastifyInstance): AllowedMethods {
  const router = createRouter({ maxParamLength: 256 });
  const methods = new Set<HTTPMethod>();
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat() as HTTPMethod[]) {
      if (router.hasRoute(each, url)) continue;
      router.on(each, url, () => {});
      methods.add(each);
    }
  });
  return { of: (path) => [...methods].filter((method) => router.find(method, path)).sort() };
}
