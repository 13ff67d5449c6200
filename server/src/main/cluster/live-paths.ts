import { protocols as everyProtocol } from '../../protocols/protocols.ts';
import type { ProtocolData } from '../../protocols/shared/protocol.ts';

/** A path on the port of all protocols that is served beside the hub. */
export interface LivePath {
  /** `/ws/room/:id`, and a `*` at the end for whatever follows. */
  readonly pattern: string;
  /** A socket's is a realtime's when it is an upgrade; of a stream's everything is. */
  readonly kind: 'socket' | 'stream';
  /** A gateway answers requests there too: who goes by the path alone cannot tell a socket from them. */
  readonly shared: boolean;
}

/** What a balancer sends to realtimes. An upgrade anywhere else is a gateway's to refuse. */
export function listLivePaths(protocols: readonly ProtocolData[] = everyProtocol): readonly LivePath[] {
  const surfaces = protocols.flatMap(({ mainPort }) => mainPort ?? []);
  const http = new Set(surfaces.flatMap((surface) => surface.http ?? []));
  const streams = new Set(surfaces.flatMap((surface) => surface.streams ?? []));
  const sockets = new Set(surfaces.flatMap((surface) => surface.upgrades ?? []));
  return [
    ...[...sockets].filter((pattern) => !streams.has(pattern)).map((pattern) => ({ pattern, kind: 'socket' as const })),
    ...[...streams].map((pattern) => ({ pattern, kind: 'stream' as const })),
  ].map((path) => ({ ...path, shared: [...http].some((other) => isUnder(other, path.pattern)) }));
}

/** The same pattern, or, where an Ingress gets the beginning of it, within that. */
function isUnder(other: string, pattern: string): boolean {
  return other === pattern || (fixedPart(pattern) !== pattern && other.startsWith(`${fixedPart(pattern)}/`));
}

/** Of a pattern, what comes before its first parameter. */
function fixedPart(pattern: string): string {
  return pattern.split(/\/[:*]/, 1)[0] as string;
}

/** A path as an Ingress of Kubernetes says it. */
export interface IngressPath {
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
}

/**
 * What an Ingress sends to realtimes: the live paths that are not shared. It knows no parameters, so of such a pattern it gets all that
 * begins as the pattern does up to the first.
 */
export function listIngressPaths(paths: readonly LivePath[] = listLivePaths()): readonly IngressPath[] {
  return paths
    .filter(({ shared }) => !shared)
    .map(({ pattern }) => {
      const before = fixedPart(pattern);
      return before === pattern
        ? { path: pattern, pathType: 'Exact' as const }
        : { path: before || '/', pathType: 'Prefix' as const };
    });
}
