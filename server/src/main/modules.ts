import type { Before } from '../runtime/modules.ts';
import { allServices, knownServices } from './all-services.ts';
import { moduleOfService } from './module-of-service.ts';
import type { ProgramContext, ProgramModule, Provided, Provides, PublicContext } from './program-context.ts';

type Provider = {
  readonly [K in keyof Provided]: Omit<ProgramModule, 'name' | 'init'> & {
    readonly name: K;
    init(p: ProgramContext, before: Before<Provided>): Promise<Provides<K>>;
  };
}[keyof Provided];

/** Between the services and the public, where people are faced. */
const providers: readonly Provider[] = [
  {
    name: 'access',
    after: ['identity'],
    opens: ['bus'],
    init: async (p) => (await import('./modules/access.ts')).initAccess(p),
  },
  { name: 'http', init: async (p) => (await import('./modules/http.ts')).initHttp(p) },
  {
    name: 'sending',
    after: ['chat'],
    opens: ['bus'],
    init: async (p) => (await import('./modules/sending.ts')).initSending(p),
  },
  {
    name: 'rest',
    needs: ['http', 'access', 'sending'],
    opens: ['registry', 'files'],
    init: async (p, { use }) => (await import('./modules/http.ts')).initRest(p, use('http')),
  },
  {
    name: 'sockets',
    needs: ['http', 'access', 'sending', 'hub'],
    init: async (p, { use }) => (await import('./modules/http.ts')).initSockets(p, use('http'), use('hub')),
  },
];

/**
 * The whole program on one screen: what there is, what needs what, and what it opens; of a service its service.ts says so. A
 * module wires in `init`; its needs run before it starts and stop after it. Consumers of the change stream come before the relay,
 * which creates the slot and lets it flow; the public port comes last. A process loads the code of its own modules only: what it
 * does not run costs it no start.
 */
export const modules: readonly ProgramModule[] = [
  ...knownServices.flatMap(moduleOfService),
  ...providers,
  {
    name: 'listener',
    needs: ['http', 'access', 'sending'],
    after: ['rest', 'sockets', 'relay', 'router'],
    init: async (p, before) => (await import('./modules/listener.ts')).initListener(toPublic(p, before)),
  },
  { name: 'gateway', needs: ['rest', 'listener'] },
  { name: 'realtime', needs: ['sockets', 'listener'] },
  { name: 'all', needs: allServices.filter(({ inAll = true }) => inAll).map(({ name }) => name) },
];

function toPublic(p: ProgramContext, { use, find }: Before<Provided>): PublicContext {
  const { identity } = use('access');
  const { chat } = use('sending');
  const { http } = use('http');
  return { ...p, http, identity, chat, halves: { http: find('rest'), sockets: find('sockets') } };
}
