import { fileURLToPath } from 'node:url';
import { type Client, credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'vitest';

/** A foreign client: the protos as text, fields in camelCase, nothing of ours besides. */
const protos = fileURLToPath(new URL('../../contracts/public/proto', import.meta.url));
const files = ['authentication', 'profile', 'room', 'member_room', 'message', 'health_check'];
const packages = loadPackageDefinition(
  loadSync(
    files.map((name) => `veigo/${name}.proto`),
    { includeDirs: [protos] },
  ),
) as unknown as Record<string, Record<string, new (address: string, creds: unknown) => Client>>;

type Text = 'id' | 'clientId' | 'memberId' | 'roomId' | 'senderId' | 'content' | 'name' | 'about' | 'type' | 'email';
type Secret = 'access' | 'refresh' | 'cursor' | 'createdAt';
/** The fields of all answers; which of them one has is for the test to know. */
export interface VeigoGrpcAnswer extends Readonly<Record<Text | Secret, string>> {
  readonly hasMore: boolean;
  readonly account: VeigoGrpcAnswer;
  readonly token: VeigoGrpcAnswer;
  readonly information: VeigoGrpcAnswer;
  readonly metadata: VeigoGrpcAnswer;
  readonly members: readonly VeigoGrpcAnswer[];
  readonly records: readonly VeigoGrpcAnswer[];
}

/**
 * Calls of Veigo's gRPC packages at two ports of this machine, as the reference has them. Not in `index.ts`: other scenarios need not
 * load gRPC.
 */
export function createVeigoGrpcClient(ports: { readonly authentication: number; readonly chat: number }) {
  const clients = new Map<string, Client>();
  const connect = (service: string, port: number): Client => {
    const key = `${service} ${port}`;
    const [name, type] = service.split('.') as [string, string];
    const client = clients.get(key) ?? new packages[name]![type]!(`127.0.0.1:${port}`, credentials.createInsecure());
    clients.set(key, client);
    return client;
  };
  return {
    /** `message.Message/Create`; rejects with gRPC's error. */
    call(method: string, request: object, keys: Record<string, string> = {}): Promise<VeigoGrpcAnswer> {
      const [service, name] = method.split('/') as [string, string];
      const client = connect(service, service.startsWith('authentication') ? ports.authentication : ports.chat);
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(keys)) metadata.set(key, value);
      const run = (client as unknown as Record<string, (...args: unknown[]) => void>)[name]!.bind(client);
      return new Promise((resolve, reject) => {
        run(request, metadata, { deadline: Date.now() + 60_000 }, (error: Error | null, answer: VeigoGrpcAnswer) =>
          error ? reject(error) : resolve(answer),
        );
      });
    },

    /** A call without knowing a proto. */
    raw(port: number, method: string, request: Buffer): Promise<Buffer> {
      return new Promise((resolve, reject) => {
        connect('room.Room', port).makeUnaryRequest(method, asBytes, asBytes, request, (error, answer) =>
          error ? reject(error) : resolve(answer as Buffer),
        );
      });
    },

    /** What reflection answers to `list_services`. */
    reflect(port: number): Promise<Buffer> {
      const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
      const stream = connect('room.Room', port).makeBidiStreamRequest(path, asBytes, asBytes);
      return new Promise((resolve, reject) => {
        stream.once('data', resolve);
        stream.once('error', reject);
        stream.write(Buffer.from([0x3a, 0]));
        stream.end();
      });
    },

    /** gRPC's own health check and reflection, of what Veigo has and nothing else. */
    async expectServed(port: number): Promise<void> {
      const serving = Buffer.from([8, 1]);
      expect(await this.raw(port, '/grpc.health.v1.Health/Check', Buffer.alloc(0))).toEqual(serving);
      const listed = (await this.reflect(port)).toString('latin1');
      for (const name of ['authentication.Authentication', 'profile.Profile', 'room.Room', 'message.Message'])
        expect(listed).toContain(name);
      expect(listed).not.toContain('parley');
    },

    close(): void {
      for (const client of clients.values()) client.close();
    },
  };
}

const asBytes = (bytes: Buffer): Buffer => bytes;
