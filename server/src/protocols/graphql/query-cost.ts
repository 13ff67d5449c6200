import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { ErrorCode } from '../../kernel/errors.ts';

/** What one document may ask for. */
export const queryLimits = {
  characters: 64 * 1024,
  tokens: 5_000,
  /** Fields at the root: each may be a call of a service. */
  roots: 20,
  /** Fields inside fields; introspection goes deeper and is bounded by its own rule. */
  depth: 12,
  introspectionDepth: 25,
  /** Fields after every fragment has been put where it is spread. */
  selections: 1_000,
  /** Fields to be resolved, each counted as often as the lists around it can be long. */
  cost: 25_000,
  /** How long a list is taken to be that has no size of its own. */
  listSize: 10,
  /** How long a page is taken to be that has no size yet. */
  largestPage: 200,
  defaultPage: 50,
} as const;

/** What a size that is a variable counts as while the variable is not known. */
export type Unknown = 'least' | 'most';
type Variables = Readonly<Record<string, unknown>>;

interface Walk {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly operation: OperationDefinitionNode;
  readonly variables: Variables | Unknown;
  readonly spreads: Set<string>;
  selections: number;
  roots: number;
  cost: number;
}

/** Where in the operation the walk is. */
interface Place {
  readonly type: GraphQLNamedType | undefined;
  readonly depth: number;
  /** How often this selection is resolved. */
  readonly times: number;
  /** The size that the field around it asks its list for. */
  readonly page: number | null;
  readonly introspection: boolean;
}

/**
 * Why an operation asks for more than anybody may; null when it does not. Runs before the library's own rules, some of which take
 * long over what this refuses, so nothing is known to be valid yet. Stops at the first limit it meets.
 */
export function findExcess(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  operation: OperationDefinitionNode,
  variables: Variables | Unknown,
): GraphQLError | null {
  const walk: Walk = { schema, fragments, operation, variables, spreads: new Set(), selections: 0, roots: 0, cost: 0 };
  const type = schema.getRootType(operation.operation) ?? undefined;
  try {
    visit(walk, operation.selectionSet, { type, depth: 1, times: 1, page: null, introspection: false });
    return null;
  } catch (thrown) {
    if (thrown instanceof GraphQLError) return thrown;
    throw thrown;
  }
}

export function refusal(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function demand(found: number, most: number, what: string): void {
  if (found > most) throw refusal('request.too_large', `The document asks for too much: ${most} ${what} at the most.`);
}

function visit(walk: Walk, { selections }: SelectionSetNode, place: Place): void {
  for (const selection of selections) {
    walk.selections++;
    demand(walk.selections, queryLimits.selections, 'fields, with every fragment where it is spread');
    if (selection.kind === 'Field') {
      visitField(walk, selection, place);
    } else if (selection.kind === 'InlineFragment') {
      const type = selection.typeCondition ? walk.schema.getType(selection.typeCondition.name.value) : place.type;
      visit(walk, selection.selectionSet, { ...place, type });
    } else {
      visitSpread(walk, selection.name.value, place);
    }
  }
}

function visitSpread(walk: Walk, name: string, place: Place): void {
  const fragment = walk.fragments.get(name);
  // Unknown ones are for the library to refuse.
  if (!fragment) return;
  if (walk.spreads.has(name)) throw refusal('request.invalid', `The fragment "${name}" contains itself.`);
  walk.spreads.add(name);
  visit(walk, fragment.selectionSet, { ...place, type: walk.schema.getType(fragment.typeCondition.name.value) });
  walk.spreads.delete(name);
}

function visitField(walk: Walk, node: FieldNode, place: Place): void {
  const name = node.name.value;
  const introspection = place.introspection || name === '__schema' || name === '__type';
  if (place.depth === 1) demand(++walk.roots, queryLimits.roots, 'fields at the root');
  demand(place.depth, introspection ? queryLimits.introspectionDepth : queryLimits.depth, 'levels');
  const { type } = place;
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
  if (field?.extensions.single && place.times > 1) {
    throw refusal('request.invalid', `Ask for "${name}" of one ${type?.name} at a time: here it stands inside a list.`);
  }
  walk.cost += place.times;
  const asked = sizeAsked(walk, node, field);
  const list = field !== undefined && isListType(getNullableType(field.type));
  const times = list ? place.times * (asked ?? place.page ?? queryLimits.listSize) : place.times;
  demand(
    Math.max(walk.cost, node.selectionSet ? times : 0),
    queryLimits.cost,
    'fields, counted as often as the lists around them are long',
  );
  if (!node.selectionSet) return;
  const inside = field && getNamedType(field.type);
  visit(walk, node.selectionSet, {
    type: inside,
    depth: place.depth + 1,
    times,
    // Between a connection and its items stand edges; what is asked for counts for the first list below.
    page: list ? null : asked,
    introspection,
  });
}

/** The page that the field's arguments ask for; null: it has none. */
function sizeAsked(walk: Walk, node: FieldNode, field: GraphQLField<unknown, unknown> | undefined): number | null {
  const sizes = field?.args.filter(({ name }) => name === 'first' || name === 'last') ?? [];
  if (sizes.length === 0) return null;
  const found = sizes.flatMap(({ name, defaultValue }) => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === 'IntValue') return Number(value.value);
    if (value?.kind === 'Variable') return variableSize(walk, value.name.value) ?? [];
    return typeof defaultValue === 'number' ? defaultValue : [];
  });
  return Math.max(
    1,
    Math.min(queryLimits.largestPage, found.length > 0 ? Math.max(...found) : queryLimits.defaultPage),
  );
}

function variableSize({ variables, operation }: Walk, name: string): number | null {
  if (variables === 'least') return 1;
  if (variables === 'most') return queryLimits.largestPage;
  const given = variables[name];
  if (typeof given === 'number') return given;
  const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
  return definition?.defaultValue?.kind === 'IntValue' ? Number(definition.defaultValue.value) : null;
}
