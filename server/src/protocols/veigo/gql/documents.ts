import {
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  parse,
  specifiedRules,
  type ValidationContext,
  validate,
} from 'graphql';
import { createDocumentCache } from '../../shared/document-cache.ts';
import { schema } from './schema.ts';

/**
 * What one document may hold. The schema has no cycles, so a document cannot be deep; it could be long, name one operation again and
 * again under other names, or spread fragments.
 */
const limits = { characters: 64 * 1024, tokens: 2_000, operations: 25, fragments: 25 } as const;

const known = createDocumentCache<DocumentNode>();

/** Parsed, checked and remembered: clients send few distinct documents. Or why it is refused. */
export function prepareDocument(text: string): DocumentNode | readonly GraphQLError[] {
  const found = known.get(text);
  if (found) return found;
  if (text.length > limits.characters) {
    return [new GraphQLError(`A document may have ${limits.characters} characters at the most.`)];
  }
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: limits.tokens });
  } catch (thrown) {
    // The other way to fail is a stack that is full.
    return [thrown instanceof GraphQLError ? thrown : new GraphQLError('A document may not be nested that deeply.')];
  }
  const large = validate(schema, document, [limitRoots], { maxErrors: 1 });
  if (large.length > 0) return large;
  const errors = validate(schema, document, specifiedRules, { maxErrors: 10 });
  if (errors.length > 0) return errors;
  known.set(text, document, document);
  return document;
}

function limitRoots(context: ValidationContext): ASTVisitor {
  let operations = 0;
  let fragments = 0;
  return {
    FragmentDefinition(node) {
      if (++fragments > limits.fragments) refuse(context, node, `${limits.fragments} fragments`);
    },
    Field(node) {
      const parent = context.getParentType();
      const root = parent === schema.getQueryType() || parent === schema.getMutationType();
      if (root && ++operations > limits.operations) refuse(context, node, `${limits.operations} operations`);
    },
  };
}

function refuse(context: ValidationContext, node: ASTNode, most: string): void {
  context.reportError(new GraphQLError(`A document may have ${most} at the most.`, { nodes: [node] }));
}
