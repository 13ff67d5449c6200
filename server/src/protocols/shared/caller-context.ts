import type { IncomingMessage } from 'node:http';
import { type Context, createContext, type Principal } from '../../kernel/context.ts';
import { first, type OriginRule } from './same-origin.ts';

/** What comes from outside, from `address`; null: nobody has proved yet who it is. */
export function createCallerContext(address: string, requestId: string, principal: Principal | null = null): Context {
  return { ...createContext(principal, requestId), address };
}

/** The same caller, with a deadline that begins now: after what took its time, or once it is known who it is. */
export function renewContext({ address, requestId, ...ctx }: Context, principal = ctx.principal): Context {
  return { ...createContext(principal, requestId), address };
}

/** Where a socket comes from; its request does not outlive the upgrade. The port has left of X-Forwarded-For what is to be believed. */
export function addressOf(
  { headers, socket }: IncomingMessage,
  { trustProxy }: Pick<OriginRule, 'trustProxy'>,
): string {
  return (trustProxy && first(headers['x-forwarded-for'])) || (socket.remoteAddress ?? '');
}
