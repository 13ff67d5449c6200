import { createProfileReader } from '../shared/profile-reader.ts';
import type { Protocol } from '../shared/protocol.ts';
import { type GraphqlDeps, graphqlDefaults, type OperationDeps } from './graphql-deps.ts';
import { addGraphql } from './http/graphql-plugin.ts';

/** The modern schema at /graphql, over the same services as the native protocol. */
export function createGraphqlProtocol(deps: GraphqlDeps): Protocol {
  const { identity, people, chat, log, metrics, limits, http } = deps;
  const profiles = createProfileReader(deps);
  const config = { ...graphqlDefaults, ...deps.config };
  const common: OperationDeps = { identity, people, chat, log, metrics, limits, profiles, config };
  return {
    name: 'graphql',
    async registerHttp({ app }) {
      if (!http) throw new Error('the GraphQL protocol was given nothing to serve HTTP with');
      const { presence, status, attachments } = http;
      await addGraphql(app, { ...common, presence, status, attachments });
    },
    registerSockets() {},
  };
}
