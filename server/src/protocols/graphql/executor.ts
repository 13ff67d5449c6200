import { type DocumentNode, type ExecutionArgs, type ExecutionResult, execute, getOperationAST } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { documentBytes } from '../shared/document-cache.ts';

type Run = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

interface Uses {
  count: number;
  run: Run;
}

/** Compiling costs as much as dozens of runs: what comes once or twice is interpreted. */
const worthCompiling = 5;

/** Memory of compiled code, by its documents, which it takes about twice: anybody may send documents that nobody else does. */
const compiledBytes = 8 * 1024 * 1024;

/**
 * Carries operations out. A query that comes again and again is compiled, which makes a page of messages two times cheaper; mutations,
 * whose cost is elsewhere, are always interpreted.
 */
export function createExecutor(): Run {
  /** As long as the document itself is remembered. */
  const known = new WeakMap<DocumentNode, Map<string, Uses>>();
  const compiled = new LRUCache<Uses, DocumentNode>({
    maxSize: compiledBytes,
    sizeCalculation: (document) => 2 * documentBytes(document),
    dispose: (_document, uses) => Object.assign(uses, { count: 0, run: execute }),
  });
  return (args) => {
    const { document, operationName } = args;
    let operations = known.get(document);
    if (!operations) {
      operations = new Map();
      known.set(document, operations);
    }
    const name = operationName ?? '';
    let uses = operations.get(name);
    if (!uses) {
      uses = { count: 0, run: execute };
      operations.set(name, uses);
    }
    uses.count++;
    if (uses.count === worthCompiling) {
      uses.run = compile(args) ?? execute;
      if (uses.run !== execute) compiled.set(uses, document);
    } else compiled.get(uses);
    return uses.run(args);
  };
}

/** null: the compiler does not know how, so that it stays interpreted. */
function compile({ schema, document, operationName }: ExecutionArgs): Run | null {
  if (getOperationAST(document, operationName)?.operation !== 'query') return null;
  const compiled = compileQuery(schema, document, operationName ?? undefined);
  if (!isCompiledQuery(compiled)) return null;
  return async (args) => {
    const result = await compiled.query(args.rootValue, args.contextValue, args.variableValues);
    // What no resolver has thrown is the compiler's own finding, in its own words: the library has the last word.
    return result.errors?.some(({ originalError }) => !originalError) ? execute(args) : result;
  };
}
