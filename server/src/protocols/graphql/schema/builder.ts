import SchemaBuilder from '@pothos/core';
import { GraphQLError } from 'graphql';
import { messageLimits } from '../../../model/message.ts';
import type { GraphqlContext } from './context.ts';

/** The one schema is put together by the files beside this one; schema.ts names them all. Fields cannot be null unless they say so. */
export const builder = new SchemaBuilder<{
  Context: GraphqlContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    Upload: { Input: unknown; Output: never };
  };
}>({ defaultFieldNullability: false });

builder.queryType({ description: 'What can be read.' });
builder.mutationType({ description: 'What can be done. Fields are carried out one after the other.' });

builder.scalarType('DateTime', {
  description: 'A time as ISO 8601, UTC, with milliseconds.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))) {
      return new Date(value).toISOString();
    }
    throw new GraphQLError('must be a time in ISO 8601');
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue(value) {
    if (isDeeper(value, messageLimits.jsonDepth)) {
      throw new GraphQLError(`must not be nested more than ${messageLimits.jsonDepth} levels deep`);
    }
    return value;
  },
});

/** What is nested without end would fill the stack of whoever writes it. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inside) => isDeeper(inside, levels - 1));
}
