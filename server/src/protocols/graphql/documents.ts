import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { createDocumentCache } from '../shared/document-cache.ts';
import { findExcess, queryLimits, refusal } from './query-cost.ts';

export interface OperationRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

export interface Documents {
  /** The parsed and valid document of a request; or why it is none. */
  prepare(request: OperationRequest): DocumentNode | readonly GraphQLError[];
}

interface Known {
  readonly document: DocumentNode;
  /** Why it may ask for too much with some variables; null: with none. */
  readonly excessOf: ((request: OperationRequest) => GraphQLError | null) | null;
}

/**
 * Parsed and validated once per distinct text, for clients send few, again and again; and refused before anything is carried out when it asks for more than anybody may.
 * Whether a page's size that is a variable is too much is asked each time.
 */
export function createDocuments(schema: GraphQLSchema): Documents {
  const known = createDocumentCache<Known>();
  return {
    prepare(request) {
      const { query } = request;
      let found = known.get(query);
      if (!found) {
        const read = readDocument(schema, query);
        if (!('document' in read)) return read;
        found = read;
        known.set(query, found.document, found);
      }
      const excess = found.excessOf?.(request);
      return excess ? [excess] : found.document;
    },
  };
}

function readDocument(schema: GraphQLSchema, query: string): Known | readonly GraphQLError[] {
  if (query.length > queryLimits.characters) {
    return [refusal('request.too_large', `A document may hold ${queryLimits.characters} characters at the most.`)];
  }
  try {
    const document = parse(query, { maxTokens: queryLimits.tokens });
    const excess = checkLimits(schema, document);
    if (excess instanceof GraphQLError) return [excess];
    const errors = validate(schema, document, specifiedRules, { maxErrors: 10 });
    return errors.length > 0 ? errors : { document, excessOf: excess };
  } catch (thrown) {
    if (thrown instanceof GraphQLError && !/more that \d+ tokens/.test(thrown.message)) return [thrown];
    // The other way to fail is a stack that is full: nested too deeply for the parser.
    return [
      refusal('request.too_large', `A document may hold ${queryLimits.tokens} tokens, and not one inside the other.`),
    ];
  }
}

/** What is too much in any case; or the question to be asked of every request; or null. */
function checkLimits(schema: GraphQLSchema, document: DocumentNode): GraphQLError | Known['excessOf'] {
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const find = (operation: OperationDefinitionNode, variables: Parameters<typeof findExcess>[3]) =>
    findExcess(schema, fragments, operation, variables);
  for (const operation of operations) {
    const excess = find(operation, 'least');
    if (excess) return excess;
  }
  if (operations.every((operation) => !find(operation, 'most'))) return null;
  return ({ operationName, variables }) => {
    const named = operations.find(({ name }) => !operationName || name?.value === operationName);
    return named ? find(named, variables ?? {}) : null;
  };
}
