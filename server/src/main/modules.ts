import type { Unit } from '../kernel/lifecycle.ts';
import { createNativeProtocol } from '../protocols/native/native-protocol.ts';
import { createHttpServer } from '../runtime/http.ts';
import type { Module } from '../runtime/modules.ts';
import { createCommitter } from '../services/chat/committer.ts';
import { createChat } from '../services/chat/module.ts';
import { createIdentity } from '../services/identity/module.ts';
import { createPeople } from '../services/people/module.ts';
import { createRealtime } from '../services/realtime/module.ts';
import { createPresenceReader } from '../services/realtime/presence-reader.ts';
import { createRelay } from '../services/relay/module.ts';
import { createRouter } from '../services/router/module.ts';
import { onReset } from './on-reset.ts';
import type { ProgramContext } from './program-context.ts';

/**
 * The whole program on one screen: what there is and what needs what. A module wires in `init`; its needs run before it
 * starts and stop after it. Consumers of the change stream come before the relay, which creates the slot and lets it flow; the
 * public port comes last.
 */
export const modules: readonly Module<ProgramContext>[] = [
  { name: 'identity', init: initIdentity },
  { name: 'people', needs: ['identity'], init: initPeople },
  { name: 'chat', needs: ['people'], init: initChat },
  { name: 'router', needs: ['chat'], init: initRouter },
  { name: 'hub', needs: ['chat', 'identity', 'people'], init: initHub },
  { name: 'relay', needs: ['identity', 'people', 'chat', 'router', 'hub'], init: initRelay },
  { name: 'http', needs: ['relay', 'hub'], init: initHttp },
  { name: 'gateway', needs: ['http'] },
  { name: 'realtime', needs: ['http', 'router'] },
  { name: 'all', needs: ['gateway', 'realtime', 'relay', 'router'] },
];

function initIdentity(p: ProgramContext): Unit {
  const perAddress = { attempts: p.options['sign-ins-per-minute'] * 5, seconds: 300 };
  const { api, unit } = createIdentity({
    ...shared(p, 'identity'),
    sql: p.sql.identity,
    mailer: p.mailer,
    onRevoked: (user, sessions) =>
      p.services
        .connect('router')
        .route(p.createContext('identity'), [{ kind: 'revoked', user, sessions }])
        .catch(p.onLost),
    config: {
      admins: p.options.admins,
      accessTokenSeconds: p.options['access-token-seconds'],
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
  p.services.provide('chat', api);
  return unit;
}

function initRouter(p: ProgramContext): Unit {
  const { api, unit } = createRouter({
    ...shared(p, 'router'),
    registry: p.registry,
    realtimeOf: () => p.services.connect('realtime'),
    startLsn: p.startLsn,
  });
  p.services.provide('router', api);
  return unit;
}

function initHub(p: ProgramContext): Unit {
  const { hub, api, unit } = createRealtime({
    ...shared(p, 'realtime'),
    chat: p.services.connect('chat'),
    identity: p.services.connect('identity'),
    people: p.services.connect('people'),
    registry: p.registry,
  });
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

function initHttp(p: ProgramContext): Unit {
  const log = p.log.child({ service: 'gateway' });
  const http = createHttpServer({
    log,
    metrics: p.metrics,
    host: p.options.host,
    port: p.options.port,
    trustProxy: p.options['trust-proxy'],
  });
  const perSecond = p.options['sends-per-second'];
  const signIns = p.options['sign-ins-per-minute'] / 60;
  const native = createNativeProtocol({
    identity: p.services.connect('identity'),
    people: p.services.connect('people'),
    chat: p.services.connect('chat'),
    http: {
      presence: createPresenceReader({ registry: p.registry, clock: p.clock, log }),
      attachments: p.blobs,
      status: p.status,
      webRoot: p.webRoot,
    },
    sockets: { hub: p.hub },
    log,
    metrics: p.metrics,
    config: {
      trustProxy: p.options['trust-proxy'],
      allowedOrigins: p.options['public-url'] ? [new URL(p.options['public-url']).origin] : [],
      sends: { perSecond, burst: perSecond * 5 },
      signIns: { perSecond: signIns, burst: Math.max(200, signIns * 10) },
      attachmentBytes: p.options['max-attachment-mb'] * 1024 * 1024,
    },
  });
  return {
    ...http.unit,
    async start() {
      await native.registerHttp(http);
      native.registerSockets(http);
      await http.unit.start?.().catch((error) => explainPort(error, p.options));
      p.httpPort = http.port;
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
