import { randomUUID } from 'node:crypto';

/** The part of JSON Schema that the published documents use. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  /** Of a string with several patterns. */
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly minLength?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
}

/** A value that fits, every optional field included. Throws for what it does not know, so that nothing goes untried. */
export function sampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  // Beside a type they only say which fields go together.
  const choice = schema.type === undefined ? (schema.anyOf ?? schema.oneOf)?.[0] : undefined;
  if (choice) return sampleOf(choice);
  switch (schema.type) {
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return false;
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items as Schema));
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, sampleOf(field)]),
      );
    case undefined:
      return { any: 'value' };
    default:
      throw new Error(`no sample for ${JSON.stringify(schema)}`);
  }
}

function sampleText({ format, minLength, ...schema }: Schema): string {
  if (format === 'uuid') return randomUUID();
  if (format === 'email') return `${randomUUID()}@example.org`;
  if (format === 'date-time') return '2026-01-31T12:00:00.000Z';
  const text = randomUUID()
    .slice(0, 12)
    .padEnd(minLength ?? 0, 'x');
  const fitting = [text, `@${text}`, `https://example.org/${text}`, '+49 30 901820', randomUUID()].find((tried) =>
    isMatch(schema, tried),
  );
  if (fitting) return fitting;
  throw new Error(`no sample text for the patterns of ${JSON.stringify(schema)}`);
}

function isMatch({ pattern, allOf = [] }: Schema, text: string): boolean {
  return (!pattern || new RegExp(pattern, 'u').test(text)) && allOf.every((part) => isMatch(part, text));
}

export interface BadText {
  /** What is wrong with it. */
  readonly what: string;
  /** JSON, as it goes over the wire. */
  readonly text: string;
  /** False: odd, but some fields may take it. */
  readonly refused: boolean;
}

/** Strings that break parsers, databases and terminals; JSON escapes the half surrogates. */
export const hostileTexts: Readonly<Record<string, string>> = {
  NUL: 'a\u0000b',
  'a half surrogate': 'a\ud800b',
  'the other half': '\udfff',
  'a huge text': 'x'.repeat(100_000),
  'an empty text': '',
  'line separators': 'a\u2028b\u0085c',
  'a quote and a comment': `'"; drop table messages; -- /*`,
  'a prototype': '__proto__',
};

/** Everything that can be wrong with an object: fields missing, unknown, of another type, hostile. */
export function* badObjects(schema: Schema, good: Readonly<Record<string, unknown>>): Generator<BadText> {
  const json = JSON.stringify;
  // Text, because a literal would set the prototype, and deep nesting is more than JSON.stringify can write.
  const withField = (name: string, text: string): string => {
    const { [name]: _, ...rest } = good;
    const others = json(rest).slice(0, -1);
    return `${others}${others === '{' ? '' : ','}${json(name)}:${text}}`;
  };
  yield { what: 'an unknown field', text: withField('surprise', '1'), refused: true };
  yield { what: 'a field called __proto__', text: withField('__proto__', '{"admin":true}'), refused: false };
  yield { what: 'a field called constructor', text: withField('constructor', '{"prototype":1}'), refused: true };
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = good;
    yield { what: `no ${name}`, text: json(rest), refused: true };
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    for (const wrong of [null, true, 42, -1, 1.5, 1e300, 'x', [], {}, [null], { deep: {} }]) {
      if (mayBe(field, wrong)) continue;
      yield { what: `${name} = ${json(wrong)}`, text: withField(name, json(wrong)), refused: true };
    }
    for (const [what, text] of Object.entries(hostileTexts)) {
      for (const value of [text, [text], { [text]: text }]) {
        const shape = Array.isArray(value) ? `[${what}]` : typeof value === 'object' ? `{${what}}` : what;
        yield { what: `${name} = ${shape}`, text: withField(name, json(value)), refused: !mayBe(field, value) };
      }
    }
    const deep = '['.repeat(10_000) + ']'.repeat(10_000);
    yield { what: `${name} nested 10000 deep`, text: withField(name, deep), refused: !mayBe(field, []) };
  }
}

/** Whether the type alone (no length, no range) lets this value pass; generous, so that a test never demands too much. */
function mayBe(schema: Schema, value: unknown): boolean {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.some((choice) => mayBe(choice, value));
  if (schema.const !== undefined) return schema.const === value;
  if (schema.enum) return schema.enum.includes(value);
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' &&
        value >= (schema.minimum ?? 0) &&
        (schema.type === 'number' || Number.isInteger(value))
      );
    case 'string':
      return typeof value === 'string' && isMatch(schema, value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return true;
  }
}
