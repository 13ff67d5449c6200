import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** All is in the one file: its scripts and styles stand in the page, its workers are made from text. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'worker-src blob:',
  "img-src 'self' data:",
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const notBuilt = 'This page is not built. Run "npm run build" in the project folder.\n';

/** A browser that was sent here by a person, and not by a script. */
export function wantsPage({ method, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true;
}

/** A page of scripts/graphiql/pages.mjs, by its name there. */
export function sendGraphiql(request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply {
  const path = fileURLToPath(new URL(`../../pages/${name}.html.gz`, import.meta.url));
  reply.header('vary', 'accept, accept-encoding').header('cache-control', 'no-cache');
  if (!existsSync(path)) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt);
  reply.type('text/html; charset=utf-8').header('content-security-policy', pagePolicy);
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    return reply.send(createReadStream(path).pipe(createGunzip()));
  }
  return reply.header('content-encoding', 'gzip').send(createReadStream(path));
}
