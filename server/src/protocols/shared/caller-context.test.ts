import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import type { Principal } from '../../kernel/context.ts';
import { addressOf, createCallerContext, renewContext } from './caller-context.ts';

const requestFrom = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ headers: forwarded ? { 'x-forwarded-for': forwarded } : {}, socket: { remoteAddress } }) as IncomingMessage;

test.each([
  ['the connection', requestFrom('192.0.2.1'), false, '192.0.2.1'],
  ['the connection, whatever a stranger says', requestFrom('192.0.2.1', '10.0.0.1'), false, '192.0.2.1'],
  ['what a proxy saw first', requestFrom('192.0.2.1', '10.0.0.1, 10.0.0.2'), true, '10.0.0.1'],
  ['the connection, of a proxy that says nothing', requestFrom('192.0.2.1'), true, '192.0.2.1'],
  ['one address for all, of a socket that has none', requestFrom(undefined), false, ''],
])('a socket comes from %s', (_, request, trustProxy, address) => {
  expect(addressOf(request, { trustProxy })).toBe(address);
});

test('who turns out to call is the same caller, with a time of their own', () => {
  const principal = { account: 'a' } as unknown as Principal;
  const stranger = { ...createCallerContext('192.0.2.1', 'r'), deadline: 1, signal: AbortSignal.abort() };
  const known = renewContext(stranger, principal);
  expect(known).toEqual({ principal, address: '192.0.2.1', requestId: 'r', deadline: expect.any(Number) });
  expect(known.deadline).toBeGreaterThan(1);
  expect(renewContext(known).principal).toBe(principal);
});
