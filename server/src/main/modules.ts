import type { Module } from '../runtime/modules.ts';
import type { Opened, ProgramContext } from './program-context.ts';

/** `opens`: what of the foundation it is wired from. */
export interface ProgramModule extends Module<ProgramContext> {
  readonly opens?: readonly Opened[];
}

/**
 * The whole program on one screen: what there is, what needs what, and what it opens. A module wires in `init`; its needs run
 * before it starts and stop after it. Consumers of the change stream come before the relay, which creates the slot and lets it
 * flow; the public port comes last. A process loads the code of its own modules only: what it does not run costs it no start.
 */
export const modules: readonly ProgramModule[] = [
  {
    name: 'identity',
    opens: ['identity', 'bus', 'files'],
    init: async (p) => (await import('./modules/identity.ts')).initIdentity(p),
  },
  {
    name: 'people',
    after: ['identity'],
    opens: ['people', 'bus'],
    init: async (p) => (await import('./modules/people.ts')).initPeople(p),
  },
  {
    name: 'chat',
    after: ['people'],
    opens: ['chat', 'bus'],
    init: async (p) => (await import('./modules/chat.ts')).initChat(p),
  },
  {
    name: 'router',
    after: ['chat'],
    opens: ['bus', 'registry'],
    init: async (p) => (await import('./modules/router.ts')).initRouter(p),
  },
  {
    name: 'discovery',
    opens: ['instances'],
    init: async (p) => (await import('./modules/discovery.ts')).initDiscovery(p),
  },
  {
    name: 'access',
    after: ['identity'],
    opens: ['bus'],
    init: async (p) => (await import('./modules/access.ts')).initAccess(p),
  },
  {
    name: 'hub',
    after: ['access', 'chat', 'people'],
    opens: ['bus', 'registry'],
    init: async (p) => (await import('./modules/hub.ts')).initHub(p),
  },
  {
    name: 'relay',
    after: ['identity', 'people', 'chat', 'router', 'access', 'hub'],
    opens: ['changes', 'bus'],
    init: async (p) => (await import('./modules/relay.ts')).initRelay(p),
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
    init: async (p) => (await import('./modules/http.ts')).initRest(p),
  },
  {
    name: 'sockets',
    needs: ['http', 'access', 'sending', 'hub'],
    init: async (p) => (await import('./modules/http.ts')).initSockets(p),
  },
  {
    name: 'listener',
    needs: ['http'],
    after: ['rest', 'sockets', 'relay', 'router'],
    init: async (p) => (await import('./modules/listener.ts')).initListener(p),
  },
  { name: 'gateway', needs: ['rest', 'listener'] },
  { name: 'realtime', needs: ['sockets', 'listener'] },
  { name: 'all', needs: ['identity', 'people', 'chat', 'router', 'relay', 'gateway', 'realtime'] },
];
