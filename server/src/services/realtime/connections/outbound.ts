import type { Metrics } from '../../../kernel/metrics.ts';
import type { RealtimeConfig } from '../config.ts';
import type { Scheduler } from '../scheduler.ts';
import type { LiveConnection } from './live-connection.ts';
import { Pending } from './pending.ts';

/**
 * Writes what was queued: every connection at most once per turn of the event loop, at most `writesPerTurn` of them before
 * the loop goes on (rule 19). A connection over its budget of bytes is handed to `onSlow`, and nothing else suffers.
 */
export class Outbound {
  /** Bytes that the sockets had not got rid of when last looked at, of all connections. */
  buffered = 0;
  private readonly config: RealtimeConfig;
  private readonly scheduler: Scheduler;
  private readonly writes: { add(n?: number): void };
  private readonly onSlow: (connection: LiveConnection) => void;
  private readonly onThrow: (connection: LiveConnection, error: unknown) => void;
  private empty = Pending.empty();
  private dirty: LiveConnection[] = [];
  private cursor = 0;
  private scheduled = false;
  private afterFlush: (() => void)[] = [];
  /** Sockets, each of one connection or of several. */
  private open = 0;

  constructor(
    config: RealtimeConfig,
    scheduler: Scheduler,
    metrics: Metrics,
    onSlow: (connection: LiveConnection) => void,
    onThrow: (connection: LiveConnection, error: unknown) => void,
  ) {
    this.writes = metrics.counter(
      'parley_realtime_writes_total',
      'Writes to sockets; deliveries over writes is what coalescing saves.',
    );
    this.config = config;
    this.scheduler = scheduler;
    this.onSlow = onSlow;
    this.onThrow = onThrow;
  }

  enqueue(connection: LiveConnection, frame: Buffer): void {
    if (connection.gone) return;
    connection.pending = (connection.pending ?? this.empty).with(frame);
    // Before `ready` frames only gather; they follow it when it goes out.
    if (connection.ready) this.mark(connection);
    else if (connection.pending.bytes > this.config.connectionBytes) this.onSlow(connection);
  }

  mark(connection: LiveConnection): void {
    if (connection.dirty || connection.pending === null) return;
    connection.dirty = true;
    this.dirty.push(connection);
    this.schedule();
  }

  /** Sockets waiting to be written to. */
  get waiting(): number {
    return this.dirty.length - this.cursor;
  }

  /** Resolves when everything queued by now has been handed to the sockets. */
  flushed(): Promise<void> {
    if (this.waiting === 0) return Promise.resolve();
    return new Promise((resolve) => void this.afterFlush.push(resolve));
  }

  /** Writes this one now. An outlet that throws holds up nobody behind it (rule 32). */
  private write(connection: LiveConnection): void {
    connection.dirty = false;
    try {
      this.tryToWrite(connection);
    } catch (error) {
      this.onThrow(connection, error);
    }
  }

  private tryToWrite(connection: LiveConnection): void {
    const { pending, outlet } = connection;
    if (pending === null || connection.gone) return;
    const before = connection.socket.buffered === 0 ? 0 : outlet.buffered;
    if (before > 0 && before + pending.bytes > this.limit(before)) {
      this.onSlow(connection);
      return;
    }
    connection.pending = null;
    outlet.write(pending.whole());
    this.writes.add();
    this.look(connection);
  }

  /** Brings the sum up to date with what the socket has waiting now. */
  look({ socket }: LiveConnection): void {
    const now = socket.gone ? 0 : socket.outlet.buffered;
    this.buffered += now - socket.buffered;
    socket.buffered = now;
  }

  opened(connection: LiveConnection): void {
    if (connection.socket === connection) this.open++;
  }

  closed(connection: LiveConnection): void {
    connection.pending = null;
    if (connection.socket !== connection) return;
    this.open--;
    this.buffered -= connection.buffered;
    connection.buffered = 0;
  }

  /** Over the budget of the process those with more than their share have to go, the others stay. */
  private limit(before: number): number {
    if (this.buffered <= this.config.processBytes) return this.config.connectionBytes;
    return before > this.buffered / Math.max(1, this.open) ? 0 : this.config.connectionBytes;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.scheduler.soon(this.flush);
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    // A new beginning each turn, or the last frame ever sent would be kept alive by it.
    this.empty = Pending.empty();
    const end = Math.min(this.dirty.length, this.cursor + this.config.writesPerTurn);
    while (this.cursor < end) this.write(this.dirty[this.cursor++] as LiveConnection);
    if (this.cursor < this.dirty.length) {
      this.schedule();
      return;
    }
    this.dirty = [];
    this.cursor = 0;
    const resolve = this.afterFlush;
    this.afterFlush = [];
    for (const done of resolve) done();
  };
}
