export interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what each query asks for
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** `POST /graphql`. */
export async function requestGraphql(
  server: { readonly url: string },
  token: string | null,
  query: string,
  variables: object = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}

/** Its data; throws any error. */
export async function mustGraphql(...request: Parameters<typeof requestGraphql>): Promise<GraphqlAnswer['data']> {
  const { data, errors } = await requestGraphql(...request);
  if (errors) throw new Error(`${request[2]}: ${JSON.stringify(errors)}`);
  return data;
}
