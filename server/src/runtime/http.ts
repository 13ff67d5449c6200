import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { fail } from '../kernel/errors.ts';
import { createId } from '../kernel/ids.ts';
import type { Unit } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import { type Metrics, noMetrics } from '../kernel/metrics.ts';
import { parseJson } from '../kernel/parse-json.ts';
import { noProxies, settleForwarded, type TrustedProxies, trustsPeer } from '../kernel/trusted-proxies.ts';
import { collectAllowedMethods } from './http-allowed-methods.ts';
import { addCors } from './http-cors.ts';
import {
  addFailureHeaders,
  answerAndEnd,
  fromHttpError,
  methodProblem,
  notFoundProblem,
  type Problem,
  pathOf,
  problemType,
  toProblem,
} from './http-problem.ts';
import { createUpgrades, maxParamLength, type UpgradeHandler } from './http-upgrades.ts';

export interface HttpServerDeps {
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Reverse proxies whose `X-Forwarded-For`, `-Host` and `-Proto` are believed; none unless said. */
  readonly trustProxy?: TrustedProxies;
  /** Origins, as `https://app.example.org`, whose pages may call this server and read its answers; none unless said. */
  readonly allowedOrigins?: readonly string[];
  /** Bytes of a request's body; uploads have a limit of their own. */
  readonly bodyLimit?: number;
}

export interface HttpServer {
  /** Where protocols register their routes, each in a plugin of its own. */
  readonly app: FastifyInstance;
  /** Gives the WebSocket upgrades at the paths of a pattern to a handler; a pattern is as in `app`'s routes, or `*` for every path. */
  onUpgrade(pattern: string, handler: UpgradeHandler): void;
  /** `start` listens and serves; `stop` finishes what runs, then ends what is left. */
  readonly unit: Unit;
  /** The port in use, once started. */
  readonly port: number;
}

/** How long `stop` lets upgraded sockets say goodbye, and requests end, in milliseconds. */
const socketGraceMs = 1_000;
const requestGraceMs = 5_000;

/** The public HTTP port: problem documents, request ids, security headers, limits, upgrade dispatch. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { log, trustProxy = noProxies } = deps;
  const settle = ({ headers, socket }: IncomingMessage): void =>
    settleForwarded(headers, socket.remoteAddress ?? '', trustProxy);
  const app = fastify({
    logger: false,
    trustProxy: (peer, passed) => passed === 0 && trustsPeer(trustProxy, peer),
    // The first to see a request, before anything reads its headers.
    rewriteUrl(request) {
      settle(request);
      return request.url ?? '/';
    },
    bodyLimit: deps.bodyLimit ?? 1024 * 1024,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    routerOptions: { maxParamLength },
    forceCloseConnections: 'idle',
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 20_000 },
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (error, request, reply) => sendFailure(log, error, request, reply),
  });
  const allowed = collectAllowedMethods(app);
  addHooks(app, deps);
  addCors(app, deps.allowedOrigins ?? []);
  app.register(compress, compression);
  // Of protocols that have none of their own. The library's would build whatever comes before anybody has counted it.
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) =>
    body === '' ? undefined : parseJson(body),
  );
  // What is wrong with the body of a request that nothing answers does not matter.
  app.setErrorHandler((error, request, reply) =>
    request.is404 ? sendNotFound(request, reply) : sendFailure(log, error, request, reply),
  );
  app.setNotFoundHandler(sendNotFound);
  function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = pathOf(request.raw.url);
    const methods = allowed.of(path);
    if (methods.length === 0) return sendProblem(reply, notFoundProblem(request.method, path));
    return sendProblem(reply.header('allow', methods.join(', ')), methodProblem(request.method, path, methods));
  }

  app.server.on('upgrade', settle);
  const upgrades = createUpgrades(app.server, log);
  return {
    app,
    onUpgrade: upgrades.on,
    get port() {
      return (app.server.address() as AddressInfo | null)?.port ?? deps.port;
    },
    unit: {
      start: async () => {
        await app.listen({ host: deps.host, port: deps.port });
      },
      stop: async () => {
        const sockets = setTimeout(upgrades.destroyAll, socketGraceMs);
        // A reader that takes no bytes would keep us for ever.
        const requests = setTimeout(() => app.server.closeAllConnections(), requestGraceMs);
        await app.close();
        clearTimeout(sockets);
        clearTimeout(requests);
      },
    },
  };
}

/**
 * Answers of more than a packet, for who accepts it; files of the web application are compressed when they are built. A quality
 * that costs less time than it saves on the way. Routes whose answer is a secret say `compress: false`: the size of a compressed
 * answer that repeats the request's own words tells about the secret beside them (BREACH).
 */
const compression = {
  threshold: 1024,
  encodings: ['br', 'gzip'] as ('br' | 'gzip')[],
  brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  zlibOptions: { level: 5 },
};

function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : createId<string>();
}

/** Answers that are no pages may load nothing and be framed by nobody; a page sets its own policy before this. */
const headers = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

function addHooks(app: FastifyInstance, { log, metrics = noMetrics }: HttpServerDeps): void {
  const seconds = metrics.histogram('parley_http_request_seconds', 'Time from request to answer.');
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    for (const [name, value] of Object.entries(headers)) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
    // What is not said to be kept is somebody's own: no cache on the way or in a shared browser may hold it.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
  });
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(reply.elapsedTime / 1000);
    log.debug(
      { request: request.id, method: request.method, path: pathOf(request.raw.url), status: reply.statusCode },
      'answered',
    );
  });
}

function sendFailure(log: Log, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = fromHttpError(thrown);
  if (failure.code === 'internal') {
    log.error({ request: request.id, method: request.method, err: failure.cause ?? failure }, 'request failed');
  }
  addFailureHeaders(reply, failure);
  // Closed with bytes unread, the connection is reset and the sender may never see the answer; the rest is read and dropped instead,
  // for as long as a request may take.
  if (failure.code === 'request.too_large') reply.removeHeader('connection');
  return sendProblem(reply, toProblem(failure));
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(problemType).send(JSON.stringify(problem));
}

/** What came was no HTTP: headers too large, too slow, or noise. */
function refuseGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const failure = large
    ? fail('request.too_large', 'The headers are too large.')
    : fail('request.invalid', 'This is not a valid HTTP request.');
  answerAndEnd(socket, { ...toProblem(failure), status: large ? 431 : 400 });
}
