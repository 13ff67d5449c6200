import { describe, expect, test } from 'vitest';
import type { Context } from '../../../kernel/context.ts';
import { createCallerContext } from '../caller-context.ts';
import { chatClasses, identityClasses, peopleClasses, socketClasses } from './call-classes.ts';
import { createCallLimits } from './call-limits.ts';
import { limitServices, limitSockets } from './limit-services.ts';
import { type CallClass, defaultRates } from './rates.ts';

const tables = { identity: identityClasses, people: peopleClasses, chat: chatClasses, sockets: socketClasses };
type Service = keyof typeof tables;
type Call = (ctx: Context, ...args: unknown[]) => Promise<unknown>;

/** Every method of every service, and each call given beside sockets, with its class; what would be missing does not compile. */
const methods = (Object.keys(tables) as Service[]).flatMap((service) =>
  Object.entries(tables[service]).map(([method, callClass]) => ({ service, method, callClass })),
);

/** Services that write down what reached them, behind limits in which nothing is left of one class. */
function createServices(used: CallClass) {
  const reached: string[] = [];
  const fake = (service: string) =>
    new Proxy({}, { get: (_, method) => async () => void reached.push(`${service}.${String(method)}`) });
  const services = { identity: fake('identity'), people: fake('people'), chat: fake('chat') } as never;
  const sockets = { ownMemberships: async () => void reached.push('sockets.ownMemberships') };
  const limits = createCallLimits({ [used]: { perSecond: 0.001, burst: 0 } });
  const limited = { ...limitServices(services, limits), sockets: limitSockets(sockets as never, limits) };
  return { reached, services: limited as unknown as Record<Service, Record<string, Call>> };
}

const stranger = createCallerContext('192.0.2.1', 'r');

describe.each(Object.keys(defaultRates) as CallClass[])('with nothing left of %s', (used) => {
  test('its calls are refused before they reach a service, and no others', async () => {
    const { reached, services } = createServices(used);
    const answers = await Promise.allSettled(
      methods.map(({ service, method }) => services[service][method]?.(stranger, []) ?? Promise.reject('not there')),
    );
    const refused = methods.filter((_, at) => answers[at]?.status === 'rejected');
    // A call of `append` without drafts sends nothing.
    const expected = methods.filter(({ callClass, method }) => callClass === used && method !== 'append');
    expect(refused).toEqual(expected);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'rate.limited' });
    }
    expect(reached).toHaveLength(methods.length - refused.length);
  });
});

test('every class limits something, and only what tells who asks is not counted', () => {
  const used = new Set(methods.map(({ callClass }) => callClass));
  expect([...used].sort()).toEqual([...Object.keys(defaultRates), 'uncounted'].sort());
  expect(methods.filter(({ callClass }) => callClass === 'uncounted').map(({ method }) => method)).toEqual([
    ...['verifyAccess', 'resolveCookie', 'blocksAgainst'],
    // Of an upload or deletion that was counted when it began.
    ...['createAttachment', 'forgetAttachments'],
  ]);
});

test('what is passed on is what was given, and the answer is the service’s own', async () => {
  const heard: unknown[] = [];
  const chat = { getMessage: async (...given: unknown[]) => [...heard, heard.push(given)] };
  const services = limitServices({ chat } as never, createCallLimits());
  const answer = await services.chat.getMessage(stranger, 'c' as never, 7);
  expect([heard, answer]).toEqual([[[stranger, 'c', 7]], [1]]);
});
