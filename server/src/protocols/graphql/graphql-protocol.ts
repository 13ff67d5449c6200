import { fail } from '../../kernel/errors.ts';
import type { HttpHost, Protocol } from '../shared/protocol.ts';
import { createDocuments } from './documents.ts';
import { type GraphqlDeps, graphqlDefaults, type OperationDeps } from './graphql-deps.ts';
import { addGraphql } from './http/graphql-plugin.ts';
import { createGroups } from './live/engine/groups.ts';
import { createLiveFeeds } from './live/engine/live-feed.ts';
import { createNotifyPreferences } from './live/engine/notify-preferences.ts';
import { createSelections } from './live/engine/selection.ts';
import { createLiveSocket } from './live/transport/live-socket.ts';
import { addLiveStream, streamPath } from './live/transport/live-stream.ts';
import { schema } from './schema/schema.ts';

const socketPath = '/graphql';

/** The modern schema at /graphql, over the same services as the native protocol; its subscriptions there too, and at /graphql/stream. */
export function createGraphqlProtocol(deps: GraphqlDeps): Protocol {
  const { identity, people, chat, log, metrics, profiles, beginFrame, http, sockets } = deps;
  const config = { ...graphqlDefaults, ...deps.config };
  const common: OperationDeps = { identity, people, chat, log, metrics, profiles, beginFrame, config };
  // Of all ports of this process: they share the hub, and so the groups of its subscribers.
  const groups = createGroups(createSelections(schema, log));
  const preferences = sockets && createNotifyPreferences({ read: sockets.notifyPreferencesOf, log });
  return {
    async registerHttp(host) {
      if (!http) throw new Error('the GraphQL protocol was given nothing to serve HTTP with');
      const { presence, status, attachments } = http;
      await addGraphql(host.app, { ...common, presence, status, attachments });
      if (!sockets) refuseLive(host);
    },
    registerSockets(host) {
      if (!sockets || !preferences) throw new Error('the GraphQL protocol was given no hub to serve sockets with');
      const { hub, presence, status } = sockets;
      const services = { ...common, presence, status, attachments: null };
      const createFeed = createLiveFeeds({ hub, groups, preferences, log });
      const live = { services, hub, documents: createDocuments(schema), createFeed };
      const onUpgrade = createLiveSocket(live);
      // The second for balancers that can tell requests by their path alone.
      for (const path of [socketPath, streamPath]) host.onUpgrade(path, onUpgrade);
      addLiveStream(host.app, live);
    },
  };
}

/** What a gateway says whatever way a subscription comes to it. */
function refuseLive({ app, onUpgrade }: HttpHost): void {
  const refuse = (): never => {
    throw fail('request.invalid', 'This process is a gateway: subscriptions are served by the realtime processes.');
  };
  for (const path of [socketPath, streamPath]) onUpgrade(path, refuse);
  app.route({ method: ['GET', 'POST'], url: streamPath, schema: { hide: true }, handler: async () => refuse() });
}
