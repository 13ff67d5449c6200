import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Scripts and connections of our own only; styles may be inline because components set them on elements. */
const pagePolicy = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const notBuilt = 'The web application is not built. Run "npm run build" in the project folder, then start again.\n';

const hidden = { schema: { hide: true } };
const files = { ...hidden, compress: false } as const;

/**
 * The web application at `/` and under `/app/`, whose pages all are index.html. Every other path is a file that exists or
 * nothing: no protocol's path ever falls back to a page.
 */
export async function addWebRoutes(app: FastifyInstance, root: string): Promise<void> {
  const pages = ['/', '/app', '/app/*'];
  if (!existsSync(join(root, 'index.html'))) {
    for (const page of pages) {
      app.get(page, hidden, async (_request, reply) =>
        reply.code(503).type('text/plain; charset=utf-8').send(notBuilt),
      );
    }
    return;
  }
  await app.register(fastifyStatic, {
    root,
    serve: false,
    cacheControl: false,
    // The build has written them beside the files.
    preCompressed: true,
    // Of files that exist: what is not there must not be remembered.
    setHeaders: (reply, path) =>
      void reply.header('cache-control', lifeOf(relative(root, path))).header('content-security-policy', pagePolicy),
  });
  for (const page of pages) app.get(page, files, async (_request, reply) => reply.sendFile('index.html'));
  app.get<{ Params: { '*': string } }>('/assets/*', files, async (request, reply) =>
    reply.sendFile(`assets/${request.params['*']}`),
  );
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'index.html' || /\.(br|gz)$/.test(entry.name)) continue;
    app.get(`/${entry.name}`, files, async (_request, reply) => reply.sendFile(entry.name));
  }
}

/** The build puts a hash of the content into the names under assets/. `file` may end in what says how it is compressed. */
function lifeOf(file: string): string {
  if (file.startsWith('assets/')) return 'public, max-age=31536000, immutable';
  return file.startsWith('index.html') ? 'no-cache' : 'public, max-age=3600';
}
