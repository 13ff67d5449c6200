import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  createSourceEventStream,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type SubscribePayload } from 'graphql-ws';
import { fail, toFailure } from '../../../../kernel/errors.ts';
import { createId } from '../../../../kernel/ids.ts';
import { countMembers } from '../../../../kernel/parse-json.ts';
import type { Connection, Encoder, HubApi } from '../../../../services/realtime/api.ts';
import { type Credential, findCredential, type Proven, verifyCredential } from '../../../shared/authenticate.ts';
import { addressOf, createCallerContext, renewContext } from '../../../shared/caller-context.ts';
import { acceptSockets, type SocketOutlet } from '../../../shared/socket-outlet.ts';
import { createTextFrame } from '../../../shared/text-frame.ts';
import type { Documents } from '../../documents.ts';
import { formatError } from '../../format-error.ts';
import { createGraphqlContext, type LiveFeed } from '../../schema/context.ts';
import type { OperationServices } from '../../schema/operation-services.ts';
import { schema } from '../../schema/schema.ts';
import type { LiveOperation } from '../engine/live-feed.ts';
import { closeCodeOf, toCloseCode } from './close-codes.ts';
import { readInitCredential } from './read-init-credential.ts';
import { createSubscriptionOutlet } from './subscription-outlet.ts';

export interface LiveDeps {
  readonly services: OperationServices;
  readonly hub: HubApi;
  readonly documents: Documents;
  readonly createFeed: (operation: LiveOperation) => LiveFeed;
}

/** What is kept per socket. */
interface LiveClient {
  /** Shown at the upgrade; null: to be shown by `connection_init`. */
  readonly credential: Credential | null;
  readonly address: string;
  verified: Proven | null;
  /** The hub's parts: first the socket's own, which hears nothing and stands for its credential, then one per subscription. */
  readonly connections: Set<Connection>;
  waiting: boolean;
  onMessage(text: string): Promise<void>;
  onClosed(): Promise<void>;
}

type LiveOutlet = SocketOutlet<LiveClient>;

/** Bytes of an operation's id. */
const maxIdLength = 200;

const silent: Encoder = { protocol: 'graphql', encode: () => null };

/** The upgrade handler of `/graphql`: graphql-transport-ws. */
export function createLiveSocket(deps: LiveDeps): (request: IncomingMessage, socket: Socket, head: Buffer) => void {
  const { services } = deps;
  const { config, log } = services;
  let waiting = 0;

  const stopWaiting = (client: LiveClient): void => {
    if (client.waiting) waiting--;
    client.waiting = false;
  };

  const server = createServer(deps, stopWaiting);
  const sockets = acceptSockets<LiveClient>(GRAPHQL_TRANSPORT_WS_PROTOCOL, log, {
    onText(outlet, data) {
      // Who has been sent away may still say something before it leaves.
      if (!outlet.open) return;
      hear(outlet);
      const text = data.toString();
      try {
        countMembers(text);
      } catch (thrown) {
        outlet.close(CloseCode.BadRequest, (thrown as Error).message);
        return;
      }
      outlet.state?.onMessage(text).catch((err) => {
        log.error({ err }, 'a message of a GraphQL socket failed');
        outlet.close(CloseCode.InternalServerError, 'internal error');
      });
    },
    onBinary: (outlet) => outlet.close(CloseCode.BadRequest, 'messages are JSON text, not binary'),
    onHeard: hear,
    onClosed(outlet) {
      const client = outlet.state as LiveClient;
      stopWaiting(client);
      for (const connection of client.connections) connection.closed();
      client.onClosed().catch((err) => log.error({ err }, 'a GraphQL socket failed to end'));
    },
    closeCode: toCloseCode,
  });

  return (request, socket, head) => {
    const { headers, url = '' } = request;
    const offered = headers['sec-websocket-protocol'];
    if (!offered?.split(',').some((name) => name.trim() === GRAPHQL_TRANSPORT_WS_PROTOCOL)) {
      throw fail('request.invalid', `The subprotocol must be ${GRAPHQL_TRANSPORT_WS_PROTOCOL}.`);
    }
    const client: LiveClient = {
      credential: findCredential({ method: 'GET', headers, url }, config),
      address: addressOf(request, config),
      verified: null,
      connections: new Set(),
      waiting: false,
      onMessage: async () => {},
      onClosed: async () => {},
    };
    sockets.accept(request, socket, head, client, (outlet) => {
      // Not before: a handshake that fails never ends.
      client.waiting = true;
      waiting++;
      const closed = server.opened(adapt(outlet), outlet);
      client.onClosed = () => Promise.resolve(closed());
      if (waiting > config.waitingSockets) outlet.close(4003, 'too many sockets have not said who they are');
    });
  };
}

function hear({ state }: LiveOutlet): void {
  for (const connection of state?.connections ?? []) connection.heard();
}

/** The socket as the library sees it. What it sends goes through the hub's queue, which has a limit, once there is one. */
function adapt(outlet: LiveOutlet) {
  const client = outlet.state as LiveClient;
  return {
    protocol: outlet.protocol,
    send(text: string): void {
      const frame = createTextFrame(text);
      const [own] = client.connections;
      if (own) own.send(frame);
      else outlet.write(frame);
    },
    close: (code?: number, reason?: string): void => outlet.close(code, reason),
    onMessage(take: (text: string) => Promise<void>): void {
      client.onMessage = take;
    },
  };
}

/** What graphql-ws asks of us while it leads the conversation. */
function createServer(deps: LiveDeps, stopWaiting: (client: LiveClient) => void) {
  const { config, log } = deps.services;
  const tell = (errors: readonly GraphQLError[]): GraphQLFormattedError[] =>
    errors.map((error) => formatError(error, log).toJSON());
  return makeServer<Record<string, unknown>, LiveOutlet>({
    connectionInitWaitTimeout: config.initTimeoutMs,
    async onConnect({ extra: outlet, connectionParams }) {
      stopWaiting(outlet.state as LiveClient);
      try {
        await letIn(deps, outlet, connectionParams);
        return outlet.open;
      } catch (thrown) {
        const failure = toFailure(thrown);
        if (failure.code === 'internal')
          log.error({ err: failure.cause ?? failure }, 'a GraphQL socket failed to open');
        outlet.close(closeCodeOf(failure), failure.message);
        return false;
      }
    },
    onSubscribe({ extra: outlet, subscriptions }, id, payload) {
      try {
        return readOperation(deps, outlet, id, payload, Object.keys(subscriptions).length);
      } catch (thrown) {
        return [new GraphQLError('', { originalError: toFailure(thrown) })];
      }
    },
    subscribe: (args: ExecutionArgs) => createSourceEventStream(args) as never,
    onNext: (_ctx, _id, _payload, _args, { data = null, errors }) =>
      errors ? { data, errors: tell(errors) } : undefined,
    onError: (_ctx, _id, _payload, errors) => tell(errors),
  });
}

/** `connection_init`: who it is, and the socket's own part at the hub. */
async function letIn(
  { services, hub }: LiveDeps,
  outlet: LiveOutlet,
  params: Readonly<Record<string, unknown>> | undefined,
): Promise<void> {
  const client = outlet.state as LiveClient;
  const credential = readInitCredential(params) ?? client.credential;
  if (!credential) throw fail('token.missing');
  const caller = createCallerContext(client.address, createId<string>());
  const verified = await verifyCredential(services.identity, caller, credential);
  const { principal, expiresAt, lasting } = verified;
  const own = await hub.open(renewContext(caller, principal), {
    principal,
    expiresAt,
    lasting,
    outlet,
    encoder: silent,
    only: new Set(),
    greet: () => null,
  });
  if (!outlet.open) {
    // It went while the hub was opening it, so its end was told to nobody yet.
    own.closed();
    return;
  }
  client.connections.add(own);
  client.verified = verified;
}

/** `subscribe`: what the library is to carry out, or the errors that the document has. `running`: operations of the socket, this one too. */
function readOperation(deps: LiveDeps, outlet: LiveOutlet, id: string, payload: SubscribePayload, running: number) {
  const { services, documents } = deps;
  const { verified, address, connections } = outlet.state as LiveClient;
  if (!verified) throw fail('token.missing');
  const { principal } = verified;
  if (Buffer.byteLength(id) > maxIdLength) throw fail('request.invalid', `An id has ${maxIdLength} bytes at the most.`);
  if (running > services.config.operationsPerSocket) {
    throw fail('rate.limited', { detail: 'Too many operations run on this socket.', retryAfterMs: 1_000 });
  }
  const ctx = services.beginFrame(address, createId<string>(), principal);
  const { query, operationName, variables } = payload;
  const document = documents.prepare({ query, variables, operationName });
  if (!('kind' in document)) return [...document];
  const operation = getOperationAST(document, operationName);
  const [sharing] = connections;
  const live =
    operation?.operation === OperationTypeNode.SUBSCRIPTION
      ? deps.createFeed({
          ...{ caller: ctx, verified, document, operation, variables: variables ?? {}, sharing },
          createOutlet: (group) => createSubscriptionOutlet(outlet, group, id),
          onOpened: (connection) => connections.add(connection),
          onClosed: (connection) => connections.delete(connection),
        })
      : null;
  const contextValue = createGraphqlContext(services, { ctx, cookies: null, ...(live && { live }) });
  return { schema, document, variableValues: variables ?? {}, operationName: operationName ?? null, contextValue };
}
