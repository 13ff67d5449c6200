import { clientFrames, closeCodes, serverFrames } from '@parley/contracts';
import { z } from 'zod';

/** The socket as AsyncAPI 3, made from the schemas that the frames are checked with. */
export function createAsyncApi(version: string): object {
  const sent = describeFrames(clientFrames, 'client', 'input');
  const received = describeFrames(serverFrames, 'server', 'output');
  const refs = (names: string[]) => names.map((name) => ({ $ref: `#/channels/realtime/messages/${name}` }));
  const messages = { ...sent, ...received };
  const closes = Object.entries(closeCodes).map(([name, code]) => `${code} ${name}`);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley realtime',
      version,
      description: `Subprotocol parley.v1, one JSON object per text frame. Close codes: ${closes.join(', ')}.`,
    },
    defaultContentType: 'application/json',
    channels: {
      realtime: {
        address: '/realtime',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      fromClient: { action: 'receive', channel: { $ref: '#/channels/realtime' }, messages: refs(Object.keys(sent)) },
      toClient: { action: 'send', channel: { $ref: '#/channels/realtime' }, messages: refs(Object.keys(received)) },
    },
    components: { messages },
  };
}

function describeFrames(frames: Readonly<Record<string, z.ZodType>>, side: string, io: 'input' | 'output') {
  return Object.fromEntries(
    Object.entries(frames).map(([op, schema]) => {
      const { $schema: _, ...payload } = z.toJSONSchema(schema, { io, reused: 'inline', metadata: z.registry() });
      return [`${side}.${op}`.replace('.', '-'), { name: op, payload }];
    }),
  );
}
