import type { HubId } from '../kernel/ids.ts';
import { joinUnits, type Unit } from '../kernel/lifecycle.ts';
import { createNativeProtocol } from '../protocols/native/native-protocol.ts';
import { createHttpServer } from '../runtime/http.ts';
import type { Module } from '../runtime/modules.ts';
import { createCommitter } from '../services/chat/committer.ts';
import { createIngestConsumer } from '../services/chat/ingest/create-ingest-consumer.ts';
import { createChat } from '../services/chat/module.ts';
import { createDiscovery } from '../services/discovery/module.ts';
import { createAccessVerifier } from '../services/identity/create-access-verifier.ts';
import { createIdentity } from '../services/identity/module.ts';
import { createPeople } from '../services/people/module.ts';
import { createRealtime } from '../services/realtime/module.ts';
import { createPresenceReader } from '../services/realtime/presence-reader.ts';
import { createRelay } from '../services/relay/module.ts';
import { createRouter } from '../services/router/module.ts';
import { openQueuedAppend } from './open-queued-append.ts';
import type { Opened, ProgramContext } from './program-context.ts';
import { reloadIncarnation } from './reload-incarnation.ts';

/** `opens`: what of the foundation it is wired from. */
export interface ProgramModule extends Module<ProgramContext> {
  readonly opens?: readonly Opened[];
}

/**
 * The whole program on one screen: what there is, what needs what, and what it opens. A module wires in `init`; its needs run
 * before it starts and stop after it. Consumers of the change stream come before the relay, which creates the slot and lets it
 * flow; the public port comes last.
 */
export const modules: readonly ProgramModule[] = [
  { name: 'identity', opens: ['identity', 'bus', 'files'], init: initIdentity },
  { name: 'people', after: ['identity'], opens: ['people', 'bus'], init: initPeople },
  { name: 'chat', after: ['people'], opens: ['chat', 'bus'], init: initChat },
  { name: 'router', after: ['chat'], opens: ['bus', 'registry'], init: initRouter },
  { name: 'discovery', opens: ['instances'], init: initDiscovery },
  { name: 'access', after: ['identity'], opens: ['bus'], init: initAccess },
  { name: 'hub', after: ['access', 'chat', 'people'], opens: ['bus', 'registry'], init: initHub },
  {
    name: 'relay',
    after: ['identity', 'people', 'chat', 'router', 'access', 'hub'],
    opens: ['changes', 'bus'],
    init: initRelay,
  },
  { name: 'http', init: initHttp },
  { name: 'sending', after: ['chat'], opens: ['bus'], init: initSending },
  { name: 'rest', needs: ['http', 'access', 'sending'], opens: ['registry', 'files'], init: initRest },
  { name: 'sockets', needs: ['http', 'access', 'sending', 'hub'], init: initSockets },
  { name: 'listener', needs: ['http'], after: ['rest', 'sockets', 'relay', 'router'], init: initListener },
  { name: 'gateway', needs: ['rest', 'listener'] },
  { name: 'realtime', needs: ['sockets', 'listener'] },
  { name: 'all', needs: ['identity', 'people', 'chat', 'router', 'relay', 'gateway', 'realtime'] },
];

function initIdentity(p: ProgramContext): Unit {
  const perAddress = { attempts: p.options['sign-ins-per-minute'] * 5, seconds: 300 };
  const { api, unit } = createIdentity({
    ...shared(p, 'identity'),
    sql: p.sql.identity,
    mailer: p.mailer,
    onRevoked: (user, sessions) =>
      p.processes.tell(['gateway', 'realtime'], (process, ctx) => process.onRevoked(ctx, user, sessions)),
    config: {
      admins: p.options.admins,
      accessTokenSeconds: p.options['access-token-seconds'],
      keySecrets: p.options['key-secret'],
      signInLimits: { perLogin: { attempts: 20, seconds: 300 }, perAddress },
    },
  });
  p.services.provide('identity', api);
  return unit;
}

function initPeople(p: ProgramContext): Unit {
  const { api, unit } = createPeople({
    ...shared(p, 'people'),
    sql: p.sql.people,
    identity: p.services.connect('identity'),
  });
  p.services.provide('people', api);
  return unit;
}

function initChat(p: ProgramContext): Unit {
  const deps = { ...shared(p, 'chat'), sql: p.sql.chat, storage: p.storage };
  const { api, unit } = createChat({
    ...deps,
    committer: createCommitter({ ...deps, behind: () => p.behind(), config: { lanes: p.options['commit-lanes'] } }),
    people: p.services.connect('people'),
    router: p.services.connect('router'),
    incarnation: () => p.incarnation,
  });
  p.process.onStreamReset(() => reloadIncarnation(p));
  p.services.provide('chat', api);
  if (p.options.ingest === 'direct') return unit;
  const { append } = p.services.connect('chat');
  const consumers = p.options['ingest-consumers'];
  return joinUnits([unit, createIngestConsumer({ ...shared(p, 'ingest'), append, consumers })]);
}

/** How the protocols of this process send: to chat itself, or by way of the queue of drafts (rule 25). */
function initSending(p: ProgramContext): Unit {
  const chat = p.services.connect('chat');
  p.chat = chat;
  if (p.options.ingest === 'direct') return {};
  const { append, unit } = openQueuedAppend(p.options, shared(p, 'sending'));
  p.chat = override(chat, { append });
  return unit;
}

function initRouter(p: ProgramContext): Unit {
  const { api, unit } = createRouter({
    ...shared(p, 'router'),
    registry: p.registry,
    realtimeOf: (hub) => p.services.at('realtime', hub),
    // A durable bus remembers what the group has handled; the in-process one begins anew with the router (rule 13).
    ...(!p.bus.guarantees.durable && { startLsn: p.startLsn }),
  });
  p.services.provide('router', api);
  return unit;
}

function initDiscovery(p: ProgramContext): Unit {
  const { api, unit } = createDiscovery({ ...shared(p, 'discovery'), store: p.instances });
  p.services.provide('discovery', api);
  return unit;
}

/** Tokens are verified in every process that faces people, also while identity is away. */
function initAccess(p: ProgramContext): Unit {
  const identity = p.services.connect('identity');
  const access = createAccessVerifier({ ...shared(p, 'access'), identity });
  p.process.onRevoked((user, sessions) => access.onRevoked(user, sessions));
  // Not waited for: identity may be away, and others must hear of the reset all the same.
  p.process.onStreamReset(async () => void access.doubt());
  const { verifyAccess, resolveCookie } = access;
  p.identity = override(identity, { verifyAccess, resolveCookie });
  return access.unit;
}

/** An api of which some methods are done here. */
function override<T extends object>(api: T, own: Partial<T>): T {
  return new Proxy(api, { get: (target, method) => own[method as keyof T] ?? target[method as keyof T] });
}

function initHub(p: ProgramContext): Unit {
  const { hub, api, unit } = createRealtime({
    ...shared(p, 'realtime'),
    hubId: p.processId as HubId,
    chat: p.services.connect('chat'),
    identity: p.services.connect('identity'),
    people: p.services.connect('people'),
    registry: p.registry,
  });
  p.process.onRevoked((user, sessions) =>
    api.deliver(p.createContext('identity'), [{ kind: 'revoked', user, sessions }]),
  );
  p.process.onStreamReset((reason) => api.doubt(p.createContext('relay'), reason));
  p.services.provide('realtime', api);
  p.hub = hub;
  return unit;
}

function initRelay(p: ProgramContext): Unit {
  const { unit, behind } = createRelay({
    ...shared(p, 'relay'),
    databases: p.databases,
    replication: p.replication,
    onReset: (reason) => void onReset(p, reason),
  });
  p.behind = behind;
  return unit;
}

/** Those who keep messages first: hubs ask them which history is the present one. Being told twice does no harm. */
async function onReset(p: ProgramContext, reason: string): Promise<void> {
  await p.processes.tell(['chat'], (process, ctx) => process.onStreamReset(ctx, reason));
  await p.processes.tell(['realtime', 'gateway'], (process, ctx) => process.onStreamReset(ctx, reason));
}

function initHttp(p: ProgramContext): Unit {
  const { host, port } = p.options;
  const log = p.log.child({ service: 'http' });
  p.http = createHttpServer({ log, metrics: p.metrics, host, port, trustProxy: p.options['trust-proxy'] });
  return {};
}

function initRest(p: ProgramContext): Unit {
  const { registry, clock, webRoot, status, blobs: attachments } = p;
  const presence = createPresenceReader({ registry, clock, log: p.log.child({ service: 'gateway' }) });
  p.halves.http = { presence, attachments, status, webRoot };
  return {};
}

function initSockets(p: ProgramContext): Unit {
  p.halves.sockets = { hub: p.hub };
  return {};
}

/** Opens the public port, when everything behind it runs, for the halves of the protocols that this process serves. */
function initListener(p: ProgramContext): Unit {
  const { unit } = p.http;
  return {
    ...unit,
    async start() {
      const protocol = createNativeProtocol(protocolDeps(p));
      if (p.halves.http) await protocol.registerHttp(p.http);
      if (p.halves.sockets) protocol.registerSockets(p.http);
      await unit.start?.().catch((error) => explainPort(error, p.options));
      p.httpPort = p.http.port;
    },
  };
}

function explainPort(error: NodeJS.ErrnoException, { host, port }: ProgramContext['options']): never {
  if (error.code === 'EADDRINUSE') throw new Error(`port ${port} of ${host} is taken: give another with --port`);
  if (error.code === 'EADDRNOTAVAIL')
    throw new Error(`${host} is no address of this machine: give another with --host`);
  throw error;
}

/** What every service gets alike. */
function shared(p: ProgramContext, service: string) {
  return { bus: p.bus, metrics: p.metrics, clock: p.clock, log: p.log.child({ service }) };
}

function protocolDeps(p: ProgramContext) {
  const perSecond = p.options['sends-per-second'];
  const signIns = p.options['sign-ins-per-minute'] / 60;
  return {
    ...p.halves,
    identity: p.identity,
    people: p.services.connect('people'),
    chat: p.chat,
    log: p.log.child({ service: 'protocols' }),
    metrics: p.metrics,
    config: {
      trustProxy: p.options['trust-proxy'],
      allowedOrigins: p.options['public-url'] ? [new URL(p.options['public-url']).origin] : [],
      sends: { perSecond, burst: perSecond * 5 },
      signIns: { perSecond: signIns, burst: Math.max(200, signIns * 10) },
      attachmentBytes: p.options['max-attachment-mb'] * 1024 * 1024,
    },
  };
}
