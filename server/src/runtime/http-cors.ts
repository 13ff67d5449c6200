import type { FastifyInstance } from 'fastify';

/** What a page may read of an answer besides its body and type. */
const exposed = 'accept-ranges, content-disposition, content-range, etag, location, retry-after, x-request-id';

/**
 * Lets pages of these origins call this server and read its answers, with the session cookie too where the browser sends it. Of any other
 * origin nothing is said, so browsers keep to themselves what it asked for.
 */
export function addCors(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    reply.header('vary', 'Origin');
    if (origin === undefined || !origins.includes(origin)) return;
    reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true');
    const method = request.headers['access-control-request-method'];
    if (request.method !== 'OPTIONS' || method === undefined) {
      reply.header('access-control-expose-headers', exposed);
      return;
    }
    const asked = request.headers['access-control-request-headers'];
    if (asked !== undefined) reply.header('access-control-allow-headers', asked);
    return reply
      .header('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
      .header('access-control-max-age', '600')
      .code(204)
      .send();
  });
}
