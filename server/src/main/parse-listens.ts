import { protocols as everyProtocol, surfaceOf } from '../protocols/protocols.ts';
import type { ListenMode, ProtocolData } from '../protocols/shared/protocol.ts';

/** One `--listen`: a port of its own that serves one protocol's HTTP and sockets, or its gRPC. */
export interface Listen {
  /** As it was given, for messages. */
  readonly text: string;
  readonly port: number;
  readonly transport: 'http' | 'grpc';
  /** Its name. */
  readonly protocol: string;
  readonly mode: ListenMode | null;
}

/** `PORT=[grpc:]PROTOCOL[,MODE]`, several with white space between. Throws an Error for people, with every problem. */
export function parseListens(text: string, protocols: readonly ProtocolData[] = everyProtocol): readonly Listen[] {
  const problems: string[] = [];
  const listens: Listen[] = [];
  for (const item of text.split(/\s+/).filter(Boolean)) {
    try {
      const listen = parseListen(item, protocols);
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

function parseListen(text: string, protocols: readonly ProtocolData[]): Listen {
  const [, digits, grpc, name = '', mode] = /^(\d{1,5})=(grpc:)?([a-z]+)(?:,([a-z]+))?$/.exec(text) ?? [];
  const port = Number(digits);
  if (!digits || port > 65_535) throw new Error('must be like 4100=grpc:veigo: a port, then a protocol');
  const protocol = protocols.find((known) => known.name === name);
  if (!protocol) throw new Error(`there is no protocol "${name}"; known: ${listNames(protocols)}`);
  if (grpc && !speaksGrpc(protocol)) {
    throw new Error(`${name} does not speak gRPC: ${listNames(protocols.filter(speaksGrpc))} does`);
  }
  const transport = grpc ? 'grpc' : 'http';
  return { text, port, transport, protocol: name, mode: parseMode(mode, transport, protocol) };
}

function parseMode(
  mode: string | undefined,
  transport: Listen['transport'],
  { name, listenModes }: ProtocolData,
): ListenMode | null {
  if (mode === undefined) return null;
  if (mode !== 'open' && mode !== 'trusted') {
    throw new Error(`"${mode}" means nothing here: open or trusted, or leave it out`);
  }
  if (!listenModes.includes(mode)) throw new Error(`${name} has no ${mode} listeners: leave ",${mode}" out`);
  if (mode === 'trusted' && transport !== 'grpc') {
    throw new Error(`only gRPC can be trusted: write grpc:${name},trusted`);
  }
  if (mode === 'open' && transport === 'grpc') throw new Error(`only HTTP can be open: write ${name},open`);
  return mode;
}

function speaksGrpc(protocol: ProtocolData): boolean {
  return (surfaceOf(protocol, true)?.grpc ?? []).length > 0;
}

function listNames(protocols: readonly ProtocolData[]): string {
  return protocols.map(({ name }) => name).join(', ');
}
