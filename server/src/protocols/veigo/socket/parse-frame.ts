import { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';
import { parseJson } from '../../../kernel/parse-json.ts';

/** Rooms or messages of one frame. */
const most = 100;

const text = z.string().max(20_000);
/** The newer generation of clients says `id` where the older says `name`; both mean the room's id. */
const room = z.union([z.object({ name: text }), z.object({ id: text })]);
const rooms = z.array(room).min(1).max(most);

const frame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('JOIN_ROOM'), payload: rooms }),
  z.object({ type: z.literal('LEAVE_ROOM'), payload: rooms }),
  z.object({
    type: z.literal('SEND_MESSAGE'),
    payload: z
      .array(z.object({ roomId: text, content: text }))
      .min(1)
      .max(most),
  }),
]);

export type VeigoFrame =
  | { readonly type: 'JOIN_ROOM' | 'LEAVE_ROOM'; readonly rooms: readonly string[] }
  | {
      readonly type: 'SEND_MESSAGE';
      readonly messages: readonly { readonly roomId: string; readonly content: string }[];
    };

/** One frame of a client; `request.invalid` for anything else, which is answered and never ends the connection. */
export function parseFrame(data: string): VeigoFrame {
  const result = frame.safeParse(parseJson(data));
  if (!result.success) throw fail('request.invalid', z.prettifyError(result.error).slice(0, 1_000));
  const { type, payload } = result.data;
  if (type === 'SEND_MESSAGE') return { type, messages: payload };
  return { type, rooms: payload.map((item) => ('name' in item ? item.name : item.id)) };
}
