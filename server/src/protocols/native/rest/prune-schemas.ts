interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
  readonly [member: string]: unknown;
}

/** Every shared schema is generated for both directions; this leaves out the ones that nothing in the document refers to. */
export function pruneSchemas<T extends Document>(document: T): T {
  const { components, ...rest } = document;
  const schemas = components?.schemas ?? {};
  const wanted = new Set<string>();
  const follow = (value: unknown) => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name === undefined || wanted.has(name)) continue;
      wanted.add(name);
      follow(schemas[name] ?? null);
    }
  };
  follow(rest);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => wanted.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}
