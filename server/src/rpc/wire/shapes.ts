/**
 * How a value of an api is written as a generated protobuf message, and read back: small shapes, put together to larger ones.
 * What the api means is kept exactly: absent stays absent, null stays null. Pure.
 */
export interface Shape<A, W> {
  /** Throws a WireError for what the wire cannot carry as it is. */
  to(value: A): W;
  /** Throws a WireError for what the api has no word for: a message of another release, or of a stranger. */
  from(wire: W): A;
}

/** A value that has no other form. Says what and where, for the log. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** A value that is the same on the wire. What the wire cannot carry the writer refuses (checked-writer). */
// biome-ignore lint/suspicious/noExplicitAny: the same value, whatever it is
const asItIs: Shape<any, any> = { to: (value) => value, from: (wire) => wire };

/** Texts, branded ids among them. */
// biome-ignore lint/suspicious/noExplicitAny: the brand of an id is no matter of the wire; that it is a text, W says
export const text: Shape<any, string> = asItIs;

/**
 * Texts of which the callee refuses nothing because they are odd: secrets, names that are looked up, what a client says of
 * itself. Half of a surrogate pair arrives as U+FFFD, which matches as little.
 */
export const roughText: Shape<string, string> = { to: (value) => value.toWellFormed(), from: (wire) => wire };

/** int64 that is a safe integer: seqs, revs, counts, bytes. */
export const whole: Shape<number, number> = asItIs;

/** double: points of time and durations in milliseconds, which may have a fraction. */
export const real: Shape<number, number> = asItIs;

export const flag: Shape<boolean, boolean> = asItIs;

/** A type without the brands of its ids; `Absent` stands for what may be left out. */
type Bare<T, Absent> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends undefined
        ? Absent
        : T extends null
          ? null
          : T extends readonly (infer I)[]
            ? readonly Bare<I, Absent>[]
            : { readonly [K in keyof T]-?: Bare<T[K], Absent> };
/** Of the api, where it is another thing than null: the generated code reads null. */
type Plain<A> = Bare<A, 'absent'>;
type Read<W> = Bare<W, null>;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/**
 * A type of the api that the generated message is: texts, numbers, flags, lists of them, and null for what is left out. It needs no
 * table: a field that one of them lacks, or has as another type, does not compile. Words, fields that are absent rather than null, and
 * messages that must be there need a `record`.
 */
export function same<A, W>(
  ..._agree: Same<Plain<A>, Read<W>> extends true ? [] : ['the types differ', Plain<A>, Read<W>]
): Shape<A, W> {
  return asItIs;
}

/** A closed set of words as an enum. `UNSPECIFIED`, and what a later release has added, have no word here. */
export function word<A extends string, W extends number>(table: { readonly [K in A]: W }): Shape<A, W> {
  const words = new Map(Object.entries<W>(table).map(([name, number]) => [number, name as A]));
  return {
    to(value) {
      if (!Object.hasOwn(table, value)) throw new WireError(`${value} is none of ${Object.keys(table).join(', ')}`);
      return table[value];
    },
    from(wire) {
      const name = words.get(wire);
      if (name === undefined) throw new WireError(`${wire} is none of ${Object.keys(table).join(', ')}`);
      return name;
    },
  };
}

/** A field that may be left out. */
export function optional<A, W>(shape: Shape<A, W>): Shape<A | undefined, W | null> {
  return {
    to: (value) => (value === undefined ? null : shape.to(value)),
    from: (wire) => (wire === null ? undefined : shape.from(wire)),
  };
}

/** A field that may be null and is never left out. */
export function nullable<A, W>(shape: Shape<A, W>): Shape<A | null, W | null> {
  return {
    to: (value) => (value === null ? null : shape.to(value)),
    from: (wire) => (wire === null ? null : shape.from(wire)),
  };
}

/** A field that is always there, though protobuf lets every message be left out. */
export function required<A, W>(shape: Shape<A, W>): Shape<A, W | null> {
  return {
    to: shape.to,
    from(wire) {
      if (wire === null) throw new WireError('a message that must be there is left out');
      return shape.from(wire);
    },
  };
}

export function list<A, W>(shape: Shape<A, W>): Shape<readonly A[], readonly W[]> {
  return { to: (value) => value.map(shape.to), from: (wire) => wire.map(shape.from) };
}

/** All fields of the message and of the api's type, under the same names: a field that one of them lacks does not compile. */
export type Fields<A, W> = {
  readonly [K in keyof A | keyof W]-?: K extends keyof A & keyof W ? Shape<A[K], W[K]> : never;
};

export function record<A, W>(fields: Fields<A, W>): Shape<A, W> {
  const shapes = Object.entries(fields) as [string, Shape<unknown, unknown>][];
  return {
    to(value) {
      const wire: Record<string, unknown> = {};
      for (const [name, shape] of shapes) wire[name] = shape.to((value as Record<string, unknown>)[name]);
      return wire as W;
    },
    from(wire) {
      const value: Record<string, unknown> = {};
      for (const [name, shape] of shapes) {
        const part = shape.from((wire as Record<string, unknown>)[name]);
        if (part !== undefined) value[name] = part;
      }
      return value as A;
    },
  };
}

/** A message that holds one value: what an api returns bare, a response names. */
export function field<N extends string, A, W>(name: N, shape: Shape<A, W>): Shape<A, { readonly [K in N]: W }> {
  return {
    to: (value) => ({ [name]: shape.to(value) }) as { readonly [K in N]: W },
    from: (wire) => shape.from(wire[name]),
  };
}

/** A oneof with its cases; `pick` says which of them a value is. */
export function oneOf<A, W extends { readonly $case: string; readonly value: unknown }>(
  pick: (value: A) => W['$case'],
  // biome-ignore lint/suspicious/noExplicitAny: `pick` sends each value to the shape of its own kind
  cases: { readonly [C in W['$case']]: Shape<any, Extract<W, { readonly $case: C }>['value']> },
): Shape<A, W | null> {
  const shapes: Readonly<Record<string, Shape<A, unknown>>> = cases;
  return {
    to(value) {
      const $case = pick(value);
      return { $case, value: (shapes[$case] as Shape<A, unknown>).to(value) } as W;
    },
    from(wire) {
      if (wire === null) throw new WireError('none of the cases of a oneof is set');
      return (shapes[wire.$case] as Shape<A, unknown>).from(wire.value);
    },
  };
}

/** An empty message: a call without arguments has `args()`, one without an answer `nothing`. */
export const nothing: Shape<void, object> = { to: () => ({}), from: () => undefined };

// biome-ignore-start lint/suspicious/noExplicitAny: any shape; what it is of, is inferred
type Arg = readonly [name: string, shape: Shape<any, any>];
type ArgsOf<F extends readonly Arg[]> = {
  -readonly [I in keyof F]: F[I] extends readonly [any, Shape<infer A, any>] ? A : never;
};
type MessageOf<F extends readonly Arg[]> = {
  readonly [X in F[number] as X[0]]: X[1] extends Shape<any, infer W> ? W : never;
};
// biome-ignore-end lint/suspicious/noExplicitAny: as above

/** Arguments by place as fields by name. */
export function args<const F extends readonly Arg[]>(...fields: F): Shape<ArgsOf<F>, MessageOf<F>> {
  return {
    to: (value) =>
      Object.fromEntries(fields.map(([name, shape], index) => [name, shape.to(value[index])])) as MessageOf<F>,
    from: (wire) => fields.map(([name, shape]) => shape.from(wire[name as keyof typeof wire])) as ArgsOf<F>,
  };
}

/** A single argument whose fields are those of the request. */
export function argument<A, W>(shape: Shape<A, W>): Shape<[A], W> {
  return { to: ([value]) => shape.to(value), from: (wire) => [shape.from(wire)] };
}
