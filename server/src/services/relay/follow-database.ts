import type { Clock } from '../../kernel/clock.ts';
import { createDeferred } from '../../kernel/deferred.ts';
import { Failure, fail } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Bus } from '../../ports/bus.ts';
import { type Replication, type ReplicationConnection, ReplicationError } from '../../ports/replication.ts';
import { type RelayConfig, type RelayDatabase, relayApplication } from './config.ts';
import { createRecorder } from './create-records.ts';
import { createPause, Stopped } from './pause.ts';
import { prepareSlot, type Snapshot, slotOf } from './prepare-slot.ts';
import { type ChangeStream, streamChanges } from './stream-changes.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { createVisibility, type Visibility } from './visibility.ts';

export interface FollowDeps {
  readonly replication: Replication;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: RelayConfig;
  onRows(count: number): void;
  onLanded(seconds: number): void;
  onReset(reason: string): void;
}

export interface Follower {
  /** Resolves once the slot exists and streams; rejects when the database cannot be followed. */
  readonly ready: Promise<void>;
  /** Rejects on what no reconnecting can mend. */
  readonly failed: Promise<never>;
  readonly streaming: boolean;
  readonly outstanding: number;
  stop(): Promise<void>;
}

/** Keeps one database's changes flowing to the bus, over restarts of PostgreSQL and outages of the bus. */
export function followDatabase(database: RelayDatabase, deps: FollowDeps): Follower {
  const { clock, config } = deps;
  const log = deps.log.child({ db: database.name });
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  const ready = createDeferred<void>();
  const failed = createDeferred<never>();
  let connection: ReplicationConnection | null = null;
  let stream: ChangeStream | null = null;
  let streaming = false;
  // Of the last connection: which history it read, and up to where all was safe.
  let incarnation: string | null = null;
  let confirmed = 0n;
  let started = false;

  async function run(): Promise<void> {
    const begun = clock.monotonic();
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        const reason = await follow(() => {
          failures = 0;
        });
        throw reason;
      } catch (thrown) {
        if (stopping.signal.aborted || thrown instanceof Stopped) return;
        const late = !started && clock.monotonic() - begun > config.startTimeoutMs;
        if (isFinal(thrown) || late) {
          log.error({ err: thrown }, 'the relay cannot go on');
          const end =
            thrown instanceof Failure ? thrown : fail('service.unavailable', { cause: thrown, detail: String(thrown) });
          ready.reject(end);
          if (started) failed.reject(end);
          return;
        }
        const pauseMs = Math.min(config.reconnectMaxMs, config.reconnectFirstMs * 2 ** Math.min(failures, 10));
        log.warn({ err: thrown, pauseMs }, 'the change stream was interrupted; reconnecting');
        await pause(pauseMs).catch(() => {});
      }
    }
  }

  /** One connection from beginning to end; answers why it ended. */
  async function follow(onStreaming: () => void): Promise<Error> {
    const options = { url: database.url, applicationName: relayApplication };
    connection = await deps.replication.connect(options);
    let visibility: Visibility | null = null;
    try {
      if (stopping.signal.aborted) throw new Stopped();
      const now = await prepareSlot(connection, database, incarnation, { log, pause, config, takeSnapshot: snapshot });
      if (now !== incarnation) confirmed = 0n;
      incarnation = now;
      const createRecords = createRecorder({ db: database.name, incarnation });
      const target = { slot: slotOf(database), publications: database.publications, from: confirmed, createRecords };
      const [backend] = await connection.query('select pg_backend_pid() as pid');
      visibility = createVisibility(await deps.replication.connectBeside(options), Number(backend?.pid), log);
      stream = await streamChanges(connection, target, { ...deps, ...config, log, visibility });
      streaming = true;
      started = true;
      onStreaming();
      log.info({ incarnation, from: String(confirmed) }, 'following the changes');
      ready.resolve();
      const reason = await Promise.race([stream.ended, aborted(stopping.signal)]);
      streaming = false;
      if (!reason) throw new Stopped();
      // What cannot be read yet is read from the slot again.
      await visibility.close();
      // What is still on its way decides where to read on; and it must reach consumers before anything read again does.
      await Promise.race([stream.settled(), aborted(stopping.signal)]);
      return reason;
    } finally {
      streaming = false;
      if (stream) confirmed = stream.confirmed;
      stream = null;
      await visibility?.close();
      await connection.close();
      connection = null;
    }
  }

  async function snapshot(from: ReplicationConnection, { incarnation, lsn, reason }: Snapshot): Promise<void> {
    // A first slot of a database that holds rows already: changes before it were never relayed.
    let told = reason;
    const tell = () => {
      log.error({ reason: told, incarnation }, 'reset: the change stream has a gap; all published rows are sent again');
      deps.onReset(told as string);
    };
    if (told !== null) tell();
    const taking = takeSnapshot(from, deps.bus, {
      database,
      incarnation,
      lsn,
      pageRows: config.snapshotRows,
      now: () => clock.wall(),
      onFirstRow() {
        if (told !== null) return;
        told = 'there was no slot';
        tell();
      },
    });
    // Consumers that have stopped already would let a publish wait for ever.
    const rows = await Promise.race([taking, aborted(stopping.signal)]);
    if (rows === undefined) throw new Stopped();
    // The new slot begins here; what was confirmed before belongs to the old one.
    confirmed = 0n;
    log.info({ rows, incarnation }, 'a new slot was created');
  }

  const running = run();
  return {
    ready: ready.promise,
    failed: failed.promise,
    get streaming() {
      return streaming;
    },
    get outstanding() {
      return stream?.outstanding ?? 0;
    },
    async stop() {
      stopping.abort();
      ready.reject(new Stopped());
      if (streaming && stream) connection?.confirm(stream.confirmed);
      await connection?.close();
      await running;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/**
 * Wrong credentials, no such database, missing rights: states that need a person. Not 42704, a slot that vanished while we
 * connected: the next attempt makes it anew. A missing publication is found before the stream begins.
 */
const finalStates = /^(28|3D|42(?!704))/;

function isFinal(thrown: unknown): boolean {
  if (thrown instanceof ReplicationError) return true;
  if (thrown instanceof Failure) return !thrown.row.retryable;
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && code.length === 5 && finalStates.test(code);
}
