import { systemClock } from '../../src/kernel/clock.ts';
import type { Context, Principal } from '../../src/kernel/context.ts';
import { type ErrorCode, type ErrorOptions, fail } from '../../src/kernel/errors.ts';
import type { Codec, RpcService } from '../../src/rpc/rpc-service.ts';

export type Item = { list: string[] };

/** An api that shows what a transport does to calls. */
export interface ProbeApi {
  /** Answers with an object that the callee keeps. */
  echo(ctx: Context, item: Item): Promise<Item>;
  whoAmI(ctx: Context): Promise<{ principal: Principal | null; requestId: string; leftMs: number }>;
  refuse(ctx: Context, code: ErrorCode, options: Omit<ErrorOptions, 'cause'>): Promise<void>;
  /** Fails as a bug does. */
  burst(ctx: Context): Promise<void>;
  /** Answers when the caller has gone. */
  hang(ctx: Context): Promise<void>;
  /** Tells 0, 1 … and answers with how many. */
  count(ctx: Context, upTo: number, onResult: (n: number, item: Item) => void): Promise<number>;
  /** Fails after its results. */
  breakOff(ctx: Context, onResult: (n: number) => void): Promise<void>;
  note(ctx: Context, n: number): Promise<void>;
}

export interface Probe {
  readonly api: ProbeApi;
  /** What `echo` was given and what it answered with. */
  readonly echoed: { given: Item; answer: Item; signal: AbortSignal | undefined }[];
  /** The calls of `note` in the order in which they began. */
  readonly noted: number[];
  /** `note` of these numbers waits for `release`; of a negative number it fails. */
  readonly held: Map<number, () => void>;
  hold(n: number): void;
  /** Tells `count` a result more, after its answer. */
  late?: () => void;
  /** Calls of `hang` that began, and of these how many heard that nobody waits any more. */
  hung: number;
  aborted: number;
}

export function createProbe(): Probe {
  const gates = new Map<number, Promise<void>>();
  const probe: Probe = {
    echoed: [],
    noted: [],
    held: new Map(),
    hung: 0,
    aborted: 0,
    hold(n) {
      gates.set(n, new Promise((resolve) => probe.held.set(n, resolve)));
    },
    api: {
      async echo({ signal }, given) {
        const answer = { list: [...given.list] };
        probe.echoed.push({ given, answer, signal });
        return answer;
      },
      async whoAmI({ principal, requestId, deadline }) {
        return { principal, requestId, leftMs: deadline - systemClock.monotonic() };
      },
      async refuse(_, code, options) {
        throw fail(code, { ...options, cause: new Error('select from secret') });
      },
      async burst() {
        throw new Error('the password is hunter2');
      },
      hang({ signal }) {
        probe.hung++;
        return new Promise((resolve) => {
          signal?.addEventListener('abort', () => {
            probe.aborted++;
            resolve();
          });
        });
      },
      async count(_, upTo, onResult) {
        const item = { list: [] as string[] };
        for (let n = 0; n < upTo; n++) {
          item.list.push(`${n}`);
          onResult(n, item);
          if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        probe.late = () => onResult(upTo, item);
        return upTo;
      },
      async breakOff(_, onResult) {
        onResult(0);
        throw fail('conversation.conflict');
      },
      async note(_, n) {
        probe.noted.push(n);
        await gates.get(n);
        // Some end later than others that came after them.
        if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (n < 0) throw fail('message.unknown', `${n}`);
      },
    },
  };
  return probe;
}

/** JSON stands in for protobuf: what is shown is the transport, not the codec. */
// biome-ignore lint/suspicious/noExplicitAny: any plain value
const json: Codec<any> = {
  encode: (value) => Buffer.from(value === undefined ? '' : JSON.stringify(value)),
  decode: (bytes) => (bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString())),
};

const unary = (name: string) =>
  ({
    kind: 'unary',
    path: `/parley.probe.v1.ProbeService/${name}`,
    idempotent: true,
    request: json,
    response: json,
  }) as const;

export const probeRpc: RpcService<ProbeApi> = {
  name: 'probe',
  methods: {
    echo: unary('Echo'),
    whoAmI: unary('WhoAmI'),
    refuse: unary('Refuse'),
    burst: unary('Burst'),
    hang: unary('Hang'),
    count: { ...unary('Count'), kind: 'results' },
    breakOff: { ...unary('BreakOff'), kind: 'results' },
    note: { ...unary('Note'), kind: 'ordered' },
  },
};
