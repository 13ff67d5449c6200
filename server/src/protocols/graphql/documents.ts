import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { ErrorCode } from '../../kernel/errors.ts';
import { limitRule, queryLimits } from './query-limits.ts';

export interface Documents {
  /** The parsed and valid document of a query's text; or why it is none. */
  prepare(query: string): DocumentNode | readonly GraphQLError[];
}

/** Clients send few distinct documents, again and again. */
const remembered = { max: 1_000, maxSize: 16 * 1024 * 1024 };

/** Parsed and validated once per distinct text; refused before anything is carried out when it asks for more than anybody may. */
export function createDocuments(schema: GraphQLSchema): Documents {
  const known = new LRUCache<string, DocumentNode>({
    ...remembered,
    sizeCalculation: (_document, text) => text.length,
  });
  return {
    prepare(query) {
      const cached = known.get(query);
      if (cached) return cached;
      if (query.length > queryLimits.characters) {
        return [refuse('request.too_large', `A document may hold ${queryLimits.characters} characters at the most.`)];
      }
      let document: DocumentNode;
      try {
        document = parse(query, { maxTokens: queryLimits.tokens });
      } catch (thrown) {
        return [thrown as GraphQLError];
      }
      const limits = validate(schema, document, [limitRule]);
      if (limits.length > 0) return limits;
      const errors = validate(schema, document, specifiedRules, { maxErrors: 10 });
      if (errors.length > 0) return errors;
      known.set(query, document);
      return document;
    },
  };
}

function refuse(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
