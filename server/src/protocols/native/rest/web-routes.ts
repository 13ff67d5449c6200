import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

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
  await app.register(fastifyStatic, { root, serve: false, cacheControl: false });
  const send = (reply: FastifyReply, file: string, cache: string) =>
    reply.header('cache-control', cache).header('content-security-policy', pagePolicy).sendFile(file);

  for (const page of pages) app.get(page, hidden, async (_request, reply) => send(reply, 'index.html', 'no-cache'));
  // The build puts a hash of the content into the names under assets/.
  app.get<{ Params: { '*': string } }>('/assets/*', hidden, async (request, reply) =>
    send(reply, `assets/${request.params['*']}`, 'public, max-age=31536000, immutable'),
  );
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'index.html') continue;
    app.get(`/${entry.name}`, hidden, async (_request, reply) => send(reply, entry.name, 'public, max-age=3600'));
  }
}
