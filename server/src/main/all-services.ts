import type { Service } from '../ports/service.ts';

/** Every service of the program, in the order in which people are told of them. One line each. */
export const knownServices = [
  (await import('../services/gateway/service.ts')).gateway,
  (await import('../services/realtime/service.ts')).realtime,
  (await import('../services/identity/service.ts')).identity,
  (await import('../services/people/service.ts')).people,
  (await import('../services/chat/service.ts')).chat,
  (await import('../services/relay/service.ts')).relay,
  (await import('../services/router/service.ts')).router,
  (await import('../services/discovery/service.ts')).discovery,
] as const;

export type KnownService = (typeof knownServices)[number];

/** The same, for those who look at what a service may say and may leave out. */
export const allServices: readonly Service[] = knownServices;

/** What a whole system runs, each at least once. */
export const serviceNames: readonly string[] = allServices.map(({ name }) => name);

/** Those that keep data of their own. */
export type StoringService = Extract<KnownService, { readonly database: object }>['name'];
export const storingServices = allServices
  .filter(({ database }) => database !== undefined)
  .map(({ name }) => name) as readonly StoringService[];
