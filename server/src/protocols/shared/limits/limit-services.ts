import type { Context } from '../../../kernel/context.ts';
import type { ProtocolServices, SocketHalf } from '../halves.ts';
import {
  type CallClasses,
  chatClasses,
  identityClasses,
  peopleClasses,
  type SocketCalls,
  socketClasses,
} from './call-classes.ts';
import type { CallLimits } from './call-limits.ts';
import { limitAppend } from './limit-append.ts';

type LimitedServices = Pick<ProtocolServices, 'identity' | 'people' | 'chat'>;

/**
 * The services as every protocol has them: each call takes from the allowance of whoever makes it before it goes on. Nothing of it is
 * left to a protocol, which passes only who asks and from where.
 */
export function limitServices({ identity, people, chat }: LimitedServices, limits: CallLimits): LimitedServices {
  return {
    identity: limitCalls('identity', identity, identityClasses, limits),
    people: limitCalls('people', people, peopleClasses, limits),
    chat: { ...limitCalls('chat', chat, chatClasses, limits), append: limitAppend(chat, limits) },
  };
}

/** What is given where sockets are served, likewise. */
export function limitSockets(sockets: SocketHalf, limits: CallLimits): SocketHalf {
  return { ...sockets, ...limitCalls<SocketCalls>('sockets', sockets, socketClasses, limits) };
}

type Method = (ctx: Context, ...args: unknown[]) => Promise<unknown>;

function limitCalls<Api extends object>(service: string, api: Api, classes: CallClasses<Api>, limits: CallLimits): Api {
  // Looked up at each call: what stands behind may be provided later.
  const methods = api as Readonly<Record<string, Method>>;
  const limit = (name: string): Method => {
    const callClass = classes[name as keyof Api];
    return (ctx, ...args) => {
      try {
        if (callClass !== 'uncounted') limits.count(ctx, callClass, `${service}.${name}`);
        return (methods[name] as Method)(ctx, ...args);
      } catch (thrown) {
        // As the services refuse: who calls has nothing else to catch.
        return Promise.reject(thrown);
      }
    };
  };
  return Object.fromEntries(Object.keys(classes).map((name) => [name, limit(name)])) as Api;
}
