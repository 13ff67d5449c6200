type Filled<T> = {
  readonly [K in keyof T]: T[K] extends boolean ? boolean : T[K] extends string | null ? string : never;
};

/** proto3 has no null: what is not there is the empty string. */
export function fill<T extends object>(object: T): Filled<T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, value ?? ''])) as Filled<T>;
}

interface Page<T> {
  readonly records: readonly T[];
  readonly metadata: { readonly cursor: string | null; readonly hasMore: boolean };
}

export function fillPage<T extends object>({ records, metadata }: Page<T>) {
  return { records: records.map((record) => fill(record)), metadata: fill(metadata) };
}
