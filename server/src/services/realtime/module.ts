import type { Clock } from '../../kernel/clock.ts';
import { systemContext } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { createId, type HubId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import { type Bus, type BusRecord, type Subscription, topics } from '../../ports/bus.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';
import type { TrustedChatApi } from '../chat/trusted-api.ts';
import type { TrustedIdentityApi } from '../identity/trusted-api.ts';
import type { PeopleApi } from '../people/api.ts';
import type { HubApi, RealtimeApi } from './api.ts';
import { closeCodes, type RealtimeConfig, realtimeDefaults, tickMs } from './config.ts';
import { drain } from './connections/drain.ts';
import type { ConnectionHost, LiveConnection } from './connections/live-connection.ts';
import { createOpening } from './connections/opening.ts';
import { Outbound } from './connections/outbound.ts';
import { createSweep } from './connections/sweeper.ts';
import { createDeliver } from './delivering/deliver.ts';
import { createEphemerals } from './delivering/ephemerals.ts';
import { createFanOut } from './delivering/fan-out.ts';
import { createFetchMissed } from './delivering/fetch-missed.ts';
import { createMembers } from './delivering/members.ts';
import { createPipeline } from './delivering/pipeline.ts';
import { createProfiles } from './delivering/profiles.ts';
import { createTellProfiles } from './delivering/tell-profiles.ts';
import { createVerifier } from './delivering/verifier.ts';
import { Dialects } from './dialect.ts';
import { HubIndex, type LocalUser } from './hub-index.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { createBlockers } from './presence/blockers.ts';
import { createPresence } from './presence/presence.ts';
import { createBacklogWriter } from './resuming/backlog-writer.ts';
import { createResumer } from './resuming/resumer.ts';
import { type Scheduler, systemScheduler } from './scheduler.ts';
import { createLease } from './serving/lease.ts';
import { createLoader } from './serving/loader.ts';
import { createRegistrar } from './serving/registrar.ts';
import { createStarter } from './serving/starter.ts';

export interface RealtimeDeps {
  readonly chat: Pick<
    TrustedChatApi,
    'membershipsOf' | 'conversationsOf' | 'backlogs' | 'resumeSummaries' | 'heads' | 'repair' | 'viewFor'
  >;
  readonly identity: Pick<TrustedIdentityApi, 'checkSession'>;
  readonly people: Pick<PeopleApi, 'getProfiles' | 'blocksAgainst'>;
  readonly registry: HubRegistry;
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly config?: Partial<RealtimeConfig>;
  /** Who this hub is to the registry; a fresh id by default. */
  readonly hubId?: HubId;
  readonly scheduler?: Scheduler;
}

export interface Realtime {
  readonly hubId: HubId;
  readonly hub: HubApi;
  readonly api: RealtimeApi;
  readonly unit: Unit;
}

/** Wires the hub of this process; work begins with `unit.start`. The README says which file does what. */
export function createRealtime(deps: RealtimeDeps): Realtime {
  const { chat, identity, registry, log, metrics, clock } = deps;
  const config: RealtimeConfig = { ...realtimeDefaults, ...deps.config };
  const scheduler = deps.scheduler ?? systemScheduler;
  const hubId = deps.hubId ?? createId<HubId>();
  const slow = metrics.counter('parley_realtime_slow_closes_total', 'Connections closed because they did not keep up.');
  let tick = 0;
  let leaving = false;

  const registrar = createRegistrar({ registry, hub: hubId, index: () => index, scheduler, log });
  const index = new HubIndex({
    onUserGone(user) {
      registrar.drop(user.id);
      presence.wentAway(user.id);
      blockers.forget(user.id);
    },
    onConversationEmpty: (served) => registrar.release(served.id),
  });
  const outbound = new Outbound(config, scheduler, metrics, onSlow, onThrow);
  const profiles = createProfiles(deps.people, log);
  const dialects = new Dialects(profiles, log);
  const fanOut = createFanOut({ dialects, outbound, metrics, lose });
  const blockers = createBlockers({ people: deps.people, scheduler, log });
  const presence = createPresence({ fanOut, registry, clock, log, graceMs: config.presenceGraceMs, blockers });
  const ephemerals = createEphemerals({ index, fanOut, clock, receiptMs: config.receiptMs, blockers });
  const members = createMembers({
    chat,
    index,
    fanOut,
    scheduler,
    log,
    reload: (user: LocalUser) => void loader.reload(user),
  });
  const fetchMissed = createFetchMissed({ chat, profiles, scheduler, log, metrics });
  const pipeline = createPipeline({ index, fanOut, members, fetchMissed, log, lose });
  const starter = createStarter({ chat, index, registrar, pipeline, scheduler });
  const { usersPerRead, leaseMs } = config;
  const loader = createLoader({ chat, index, registrar, starter, members, scheduler, usersPerRead, log, lose });
  const backlog = createBacklogWriter({ chat, profiles, fanOut, outbound, scheduler, ...config, tick: () => tick });
  const resumer = createResumer({ chat, index, fanOut, backlog, scheduler, resumesAtOnce: config.resumesAtOnce });
  const verifier = createVerifier({
    ...{ chat, registry, hub: hubId, leaseMs, index, registrar, pipeline, loader, scheduler, log, lose },
    onMissed,
  });
  const tellProfiles = createTellProfiles({ chat, index, fanOut, outbound, config, scheduler, log, onMissed });
  const lease = createLease({ registry, hub: hubId, leaseMs, registrar, verifier, clock, log });
  const sweep = createSweep({
    ...{ index, outbound, clock, ...config, end, onThrow },
    recheck: (connection) => void recheck(connection),
  });
  const deliver = createDeliver({
    ...{ config, index, pipeline, members, starter, ephemerals, profiles, fanOut, outbound, verifier, clock, end },
    recheck: (connection) => void recheck(connection),
  });

  const host: ConnectionHost = {
    get tick() {
      return tick;
    },
    send: (connection, frame) => outbound.enqueue(connection, frame),
    resume: (connection, ref, positions) => resumer.resume(connection, ref, positions),
    watch: (connection, users) => presence.watch(connection, users),
    renewed: (connection) => void recheck(connection),
    closed: forget,
  };
  const { maxOpenings } = config;
  const opening = createOpening({ identity, index, dialects, loader, outbound, presence, blockers, host, maxOpenings });

  /** Nothing is queued to it or done for it any more. */
  function forget(connection: LiveConnection): void {
    if (connection.gone) return;
    connection.gone = true;
    dialects.leave(connection.dialect);
    presence.unwatch(connection);
    outbound.closed(connection);
    index.detach(connection);
    connection.holds = null;
    connection.draining?.done();
  }

  function end(connection: LiveConnection, code: number, reason: string): void {
    if (connection.gone) return;
    connection.closeCode = code;
    forget(connection);
    try {
      connection.outlet.close(code, reason);
    } catch (err) {
      log.error({ err, protocol: connection.dialect.name }, 'a connection could not be closed');
    }
  }

  /** What has no rev and cannot be fetched may not have been told. */
  function onMissed(): void {
    fanOut.tell([...index.connections], { kind: 'missed' });
  }

  function onSlow(connection: LiveConnection): void {
    slow.add();
    end(connection, closeCodes.slow, 'slow: reconnect');
  }

  /** Its outlet threw: it comes back and resumes. */
  function onThrow(connection: LiveConnection, err: unknown): void {
    log.error({ err, protocol: connection.dialect.name }, 'a connection could not be written to');
    lose([connection]);
  }

  function lose(connections: readonly LiveConnection[]): void {
    for (const connection of connections)
      end(connection, closeCodes.goingAway, 'the stream was interrupted: reconnect');
  }

  let unanswered = false;
  /** A connection that outlives the token it was opened with is checked again (rule 18). */
  async function recheck(connection: LiveConnection): Promise<void> {
    try {
      const alive = await identity.checkSession(systemContext('realtime.renew'), connection.principal.session);
      unanswered = false;
      if (!alive) end(connection, closeCodes.revoked, 'the session has been revoked');
    } catch (error) {
      // Once: as many may be asked about as there are connections.
      if (!unanswered)
        log.warn({ err: error }, 'a renewed session could not be checked; its revocation will still be delivered');
      unanswered = true;
    }
  }

  const open = metrics.gauge('parley_realtime_connections', 'Open connections.');
  const buffered = metrics.gauge('parley_realtime_buffered_bytes', 'Bytes that sockets have not got rid of yet.');
  const serving = metrics.gauge('parley_realtime_conversations', 'Conversations served.');
  let stopTicking: (() => void) | null = null;
  let loopDelay: ReturnType<typeof watchLoopDelay> | null = null;
  let followed: Subscription | null = null;

  function onTick(): void {
    tick++;
    sweep(tick);
    presence.sweep(tick);
    ephemerals.sweep();
    lease.sweep();
    open.set(index.connections.size);
    buffered.set(outbound.buffered);
    serving.set(index.served.size);
    if (tick % Math.ceil(config.checkMs / tickMs) !== 0) return;
    void verifier.check();
    loopDelay?.report();
  }

  const unit: Unit = {
    async start() {
      await lease.begin();
      const onPeople = (records: readonly BusRecord[]) => {
        for (const { value } of records) {
          profiles.apply(value);
          tellProfiles.apply(value);
          const changed = blockers.apply(value);
          if (changed) presence.blockChanged(changed.owner, changed.watcher);
        }
      };
      const onGap = () => {
        profiles.clear();
        onMissed();
        blockers.reload();
      };
      followed = await deps.bus.listen([topics.people], onPeople, { onGap });
      loopDelay = watchLoopDelay({ log, metrics, alarmMs: config.loopDelayAlarmMs });
      stopTicking = scheduler.every(tickMs, onTick);
    },
    async drain() {
      leaving = true;
      await drain({ config, index, fanOut, outbound, end });
    },
    async stop() {
      stopTicking?.();
      loopDelay?.stop();
      lose([...index.connections]);
      await followed?.close();
      // Behind what those who went just now leave in the registry: when they were last seen.
      await registrar.hold([]).catch(() => {});
      await registry.leave(hubId).catch((err) => log.debug({ err }, 'the lease of this hub ends by itself'));
    },
    health() {
      if (lease.away) return { status: 'degraded', detail: 'the hub registry does not answer: nobody can connect' };
      return verifier.deaf ? { status: 'degraded', detail: 'comparing heads' } : { status: 'ok' };
    },
  };

  return {
    hubId,
    unit,
    api: {
      deliver,
      doubt: (_ctx, reason) => verifier.doubt(reason),
    },
    hub: {
      heartbeatMs: config.heartbeatMs,
      get connectionCount() {
        return index.connections.size;
      },
      async open(ctx, request) {
        if (leaving) throw fail('service.unavailable', 'The server is stopping: reconnect.');
        // It would have to wait for the registry only to be refused; who has a connection here already needs it no more.
        if (lease.away && !index.users.get(request.principal.account)?.loaded) {
          throw fail('service.unavailable', { retryAfterMs: tickMs });
        }
        return opening(ctx, request);
      },
    },
  };
}
