import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { type ErrorCode, fail } from '../../../../kernel/errors.ts';
import type { Log } from '../../../../kernel/log.ts';
import { formatError } from '../../format-error.ts';

/** What a subscription selects of an event: two subscribers who select the same share all work that an event makes. */
export interface Selection {
  /** Equal for equal selections, wherever they begin and whatever they are narrowed to. */
  readonly key: string;
  /** Of the subscription type. */
  readonly field: string;
  /** One line of JSON, an execution's result; null: nothing of what the field yields is selected. */
  encode(value: object): Buffer | null;
}

/** Throws a GraphQLError for what cannot be selected of an event. */
export type ReadSelection = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => Selection;

/** `schema`: with a subscription type. */
export function createSelections(schema: GraphQLSchema, log: Log): ReadSelection {
  const events = createEventSchema(schema);
  return (document, operation, variables) => {
    const root = readRoot(operation);
    const whole = narrow(document, operation, root);
    if (countFields(whole) > maxFields) {
      throw refuse(`A subscription may select ${maxFields} fields.`, 'request.too_large');
    }
    refuseLoading(events, whole);
    const used = pick(variables, usedVariables(whole));
    const field = root.name.value;
    const run = createRun(events, whole, used);
    return {
      key: JSON.stringify([print(whole), used]),
      field,
      encode(value) {
        const { data, errors } = run({ [field]: value });
        const said = data && Object.values(data)[0];
        if (!errors && said && Object.keys(said).length === 0) return null;
        const safe = errors && { errors: errors.map((error) => formatError(error, log).toJSON()) };
        return Buffer.from(`${JSON.stringify({ data, ...safe })}\n`);
      },
    };
  };
}

/**
 * The subscription's fields without their arguments, which say where to begin and not what to tell. Every event is a query of its own
 * here: so no subscriber's positions are read again for each.
 */
function createEventSchema(schema: GraphQLSchema): GraphQLSchema {
  const root = schema.getSubscriptionType();
  if (!root) throw new Error('there is nothing to subscribe to');
  const fields = Object.values(root.getFields()).map(({ name, type }) => [name, { type }] as const);
  const query = new GraphQLObjectType({ name: root.name, fields: Object.fromEntries(fields) });
  // Found by no field: what implements an interface.
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().length > 0,
  );
  return new GraphQLSchema({ query, types });
}

/** Every event is carried out for every distinct selection: what one may cost is bounded more tightly than a query, which comes once. */
const maxFields = 200;

/** Compiling costs as much as dozens of runs, and many a subscription hears of few events. */
const worthCompiling = 20;

/** Carries the query of an event out. What comes often is compiled, for it stands in the way of every recipient. */
function createRun(schema: GraphQLSchema, document: DocumentNode, variableValues: Record<string, unknown>) {
  let count = 0;
  let compiled: CompiledQuery | null = null;
  const interpret = (rootValue: object) => execute({ schema, document, rootValue, variableValues });
  return (rootValue: object): ExecutionResult => {
    if (++count === worthCompiling) {
      const made = compileQuery(schema, document);
      compiled = isCompiledQuery(made) ? made : null;
    }
    let result = compiled ? compiled.query(rootValue, undefined, variableValues) : interpret(rootValue);
    // What it finds wrong it says in words of its own: the library has the last word.
    if (compiled && !('then' in result) && result.errors) result = interpret(rootValue);
    if (!('then' in result)) return result;
    // A field that loads and is not marked so: its results would come out of order.
    result.then(undefined, () => {});
    return {
      data: null,
      errors: [new GraphQLError('a subscription waits for something', { originalError: fail('internal') })],
    };
  };
}

function readRoot({ selectionSet }: OperationDefinitionNode): FieldNode {
  const [root] = selectionSet.selections;
  if (selectionSet.selections.length === 1 && root?.kind === Kind.FIELD && !root.directives?.length) return root;
  throw refuse('A subscription must hold one field, which stands directly in it and has no directives.');
}

/** The operation as a query of events, with the fragments it needs, in an order of their own. */
function narrow(document: DocumentNode, operation: OperationDefinitionNode, root: FieldNode): DocumentNode {
  const { name: _, ...unnamed } = operation;
  const field: FieldNode = { ...root, arguments: [] };
  const fragments = new Map<string, FragmentDefinitionNode>();
  const gather = (node: FieldNode | FragmentDefinitionNode): void => {
    visit(node, {
      FragmentSpread({ name }) {
        const found = document.definitions.find(
          (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name.value,
        );
        if (found?.kind !== Kind.FRAGMENT_DEFINITION || fragments.has(name.value)) return;
        fragments.set(name.value, found);
        gather(found);
      },
    });
  };
  gather(field);
  const used = usedVariables({ kind: Kind.DOCUMENT, definitions: [...fragments.values(), query([field])] });
  const variableDefinitions = (operation.variableDefinitions ?? []).filter((one) => used.has(one.variable.name.value));
  return { kind: Kind.DOCUMENT, definitions: [{ ...query([field]), variableDefinitions }, ...fragments.values()] };

  function query(selections: readonly FieldNode[]): OperationDefinitionNode {
    const selectionSet = { kind: Kind.SELECTION_SET, selections } as const;
    return { ...unnamed, operation: OperationTypeNode.QUERY, variableDefinitions: [], selectionSet };
  }
}

function usedVariables(document: DocumentNode): ReadonlySet<string> {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable({ name }) {
      used.add(name.value);
    },
  });
  return used;
}

function pick(variables: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries([...names].filter((name) => name in variables).map((name) => [name, variables[name]]));
}

/** An event is told the moment it comes: of what a service would have to be asked for, nothing can be selected. */
function refuseLoading(schema: GraphQLSchema, document: DocumentNode): void {
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        if (!types.getFieldDef()?.extensions.loads) return;
        throw refuse(
          `${types.getParentType()?.name}.${name.value} cannot be part of a subscription: ask for it in a query.`,
        );
      },
    }),
  );
}

/** With every fragment where it is spread; documents are limited before, so that there is an end to it. */
function countFields({ definitions }: DocumentNode): number {
  const fragments = new Map(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  );
  const count = (set: SelectionSetNode | undefined): number => {
    let fields = 0;
    for (const one of set?.selections ?? []) {
      if (one.kind === Kind.FIELD) fields += 1 + count(one.selectionSet);
      else
        fields += count(
          one.kind === Kind.FRAGMENT_SPREAD ? fragments.get(one.name.value)?.selectionSet : one.selectionSet,
        );
    }
    return fields;
  };
  const [operation] = definitions;
  return count(operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet : undefined);
}

function refuse(message: string, code: ErrorCode = 'request.invalid'): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
