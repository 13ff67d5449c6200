import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionCookie } from './authenticate.ts';

/** HttpOnly: no script can read it. Lax: other sites' forms and sockets do not carry it. Secure wherever TLS ends. */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  cookie: { readonly value: string; readonly maxAgeSeconds: number },
): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  reply.header(
    'set-cookie',
    `${sessionCookie}=${cookie.value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${cookie.maxAgeSeconds}${secure}`,
  );
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  setSessionCookie(request, reply, { value: '', maxAgeSeconds: 0 });
}
