import { Client } from 'pg';
import {
  formatLsn,
  type Replication,
  type ReplicationConnection,
  ReplicationError,
  type ReplicationSink,
  type Row,
  type StreamRequest,
} from '../../../ports/replication.ts';
import { createDecoder } from './decode-message.ts';
import { decoderOf } from './decode-value.ts';

/** What we use of the wire below pg's client; its types leave it out. */
interface Wire {
  readonly stream: { pause(): void; resume(): void; destroy(): void };
  on(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): void;
  once(event: 'replicationStart', listener: () => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

/**
 * Logical replication with pgoutput over pg's client. The streaming half of pg-logical-replication is not used: it
 * acknowledges one byte more than it was told, which after a reconnect skips a transaction whose commit record begins exactly
 * there, and keeps PostgreSQL from shutting down; and its flow control stops and starts the socket for every message.
 */
export function createReplication(): Replication {
  return {
    async connect({ url, applicationName }) {
      const client = new Client({
        connectionString: url,
        application_name: applicationName,
        replication: 'database',
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
        // decode-value reads these forms
        options: '-c timezone=UTC -c datestyle=ISO -c bytea_output=hex -c extra_float_digits=3 -c statement_timeout=0',
      } as ConstructorParameters<typeof Client>[0]);
      // Without a listener a lost connection would be an uncaught exception; whoever uses the connection learns of it.
      client.on('error', () => {});
      await client.connect();
      return createConnection(client);
    },
    async connectBeside({ url, applicationName }) {
      const client = new Client({
        connectionString: url,
        application_name: applicationName,
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
        query_timeout: 10_000,
      });
      client.on('error', () => {});
      await client.connect();
      return {
        query: async (statement) => (await client.query({ text: statement, types: asText })).rows,
        close: () => client.end().catch(() => {}),
      };
    },
  };
}

const asText = { getTypeParser: () => (value: string) => value };
const asRow = { getTypeParser: (oid: number) => (value: string) => decodeString(oid, value) };

function decodeString(oid: number, value: string): unknown {
  const bytes = Buffer.from(value);
  return decoderOf(oid)(bytes, 0, bytes.length);
}

function createConnection(client: Client): ReplicationConnection {
  const wire = (client as unknown as { readonly connection: Wire }).connection;

  async function stream({ slot, publications, from }: StreamRequest, sink: ReplicationSink): Promise<void> {
    let ended = false;
    const end = (reason: Error) => {
      if (ended) return;
      ended = true;
      // Whatever the reason, nothing more is to be read.
      wire.stream.destroy();
      sink.onEnd(reason);
    };
    const decode = createDecoder((part) => sink.onTransaction(part));
    wire.on('copyData', ({ chunk }) => {
      if (ended) return;
      try {
        readChunk(chunk, decode, sink);
      } catch (thrown) {
        end(thrown as Error);
      }
    });
    client.on('end', () => end(new Error('the replication connection has ended')));
    const names = publications.map((name) => `"${name}"`).join(',');
    const started = new Promise<void>((resolve) => wire.once('replicationStart', resolve));
    // This statement lasts as long as the stream does.
    const over = client.query(
      `START_REPLICATION SLOT "${slot}" LOGICAL ${formatLsn(from)} (proto_version '1', publication_names '${names}')`,
    );
    let streaming = false;
    const refused = over.then(
      () => end(new Error('the server has ended the stream')),
      (reason: Error) => {
        if (!streaming) throw reason;
        end(reason);
      },
    );
    await Promise.race([started, refused]);
    streaming = true;
  }

  return {
    query: async (statement) => (await client.query({ text: statement, types: asText })).rows,
    read: async (statement) => (await client.query({ text: statement, types: asRow })).rows as Row[],
    stream,
    confirm: (lsn) => wire.sendCopyFromChunk(encodeStatus(lsn)),
    pause: () => wire.stream.pause(),
    resume: () => wire.stream.resume(),
    async close() {
      // A paused socket would never see the answer to the farewell.
      wire.stream.resume();
      const gone = client.end();
      const timer = setTimeout(() => wire.stream.destroy(), 1_000);
      await gone.catch(() => {});
      clearTimeout(timer);
    },
  };
}

function readChunk(chunk: Buffer, decode: (message: Buffer) => void, sink: ReplicationSink): void {
  const kind = chunk[0];
  if (kind === 0x77 /* w: XLogData */ && chunk.length > 25) decode(chunk.subarray(25));
  else if (kind === 0x6b /* k: keepalive */ && chunk.length === 18)
    sink.onKeepalive(chunk.readBigUInt64BE(1), chunk[17] === 1);
  else throw new ReplicationError(`a replication message of unknown kind ${kind}`);
}

/** Standby status update: written, flushed and applied are one and the same to us. */
function encodeStatus(lsn: bigint): Buffer {
  const status = Buffer.alloc(34);
  status[0] = 0x72;
  status.writeBigUInt64BE(lsn, 1);
  status.writeBigUInt64BE(lsn, 9);
  status.writeBigUInt64BE(lsn, 17);
  status.writeBigUInt64BE(BigInt(Date.now() - 946_684_800_000) * 1_000n, 25);
  return status;
}
