/**
 * Every public protocol, in the order in which they are registered, with what a port of its own may serve of it. `main/modules/protocols`
 * loads them by these names.
 */
export const protocolNames = ['native', 'graphql', 'veigo'] as const;
export type ProtocolName = (typeof protocolNames)[number];

/** Who speaks gRPC. */
const grpcSpeakers: readonly ProtocolName[] = ['veigo'];

/** One `--listen`: a port of its own that serves one protocol's HTTP and sockets, or its gRPC. */
export interface Listen {
  /** As it was given, for messages. */
  readonly text: string;
  readonly port: number;
  readonly transport: 'http' | 'grpc';
  readonly protocol: ProtocolName;
}

/** `PORT=[grpc:]PROTOCOL`, several with white space between. Throws an Error for people, with every problem. */
export function parseListens(text: string): readonly Listen[] {
  const problems: string[] = [];
  const listens: Listen[] = [];
  for (const item of text.split(/\s+/).filter(Boolean)) {
    try {
      const listen = parseListen(item);
      const other = listens.find(({ port }) => port === listen.port && port !== 0);
      if (other) throw new Error(`port ${listen.port} is given twice, also in ${other.text}`);
      listens.push(listen);
    } catch (error) {
      problems.push(`${item}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
  return listens;
}

function parseListen(text: string): Listen {
  const [, digits, grpc, name = '', mode] = /^(\d{1,5})=(grpc:)?([a-z]+)(?:,([a-z]+))?$/.exec(text) ?? [];
  const port = Number(digits);
  if (!digits || port > 65_535) throw new Error('must be like 4100=grpc:veigo: a port, then a protocol');
  const protocol = protocolNames.find((known) => known === name);
  if (!protocol) throw new Error(`there is no protocol "${name}"; known: ${protocolNames.join(', ')}`);
  if (grpc && !grpcSpeakers.includes(protocol)) {
    throw new Error(`${protocol} does not speak gRPC: ${grpcSpeakers.join(', ')} does`);
  }
  if (mode !== undefined) {
    if (mode !== 'open' && mode !== 'trusted')
      throw new Error(`"${mode}" means nothing here: open or trusted, or leave it out`);
    throw new Error(`${protocol} has no ${mode} listeners: leave ",${mode}" out`);
  }
  return { text, port, transport: grpc ? 'grpc' : 'http', protocol };
}
