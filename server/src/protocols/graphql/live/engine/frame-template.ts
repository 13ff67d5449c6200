/**
 * The payloads of one write as frames for subscribers whose operation's id has one length. All but the ids is the same for all of
 * them, so it is put together once; a subscriber costs their id in its places.
 */
export interface FrameTemplate {
  readonly frames: Buffer;
  /** The same memory: a plain array takes an id in two thirds of the time. */
  readonly bytes: Uint8Array;
  /** Where the id stands, in ascending order. */
  readonly idsAt: readonly number[];
}

const newline = 0x0a;
const before = Buffer.from('{"id":');
const between = Buffer.from(',"type":"next","payload":');
const after = Buffer.from('}');

/** The text of each line, its newline left out. JSON holds none. */
export function splitLines(lines: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf(newline, at);
    found.push(lines.subarray(at, end));
    at = end + 1;
  }
  return found;
}

/** `next` of graphql-transport-ws for each line, as WebSocket text frames. `idLength`: bytes of the id as JSON, quotes included. */
export function createFrameTemplate(lines: Buffer, idLength: number): FrameTemplate {
  const parts: Buffer[] = [];
  const idsAt: number[] = [];
  let at = 0;
  for (const payload of splitLines(lines)) {
    const head = createHead(before.length + idLength + between.length + payload.length + after.length);
    idsAt.push(at + head.length + before.length);
    const whole = [head, before, Buffer.alloc(idLength), between, payload, after];
    for (const part of whole) at += part.length;
    parts.push(...whole);
  }
  return createOver(Buffer.concat(parts, at), idsAt);
}

/** With memory of its own, for when that of the first is still being read. */
export function copyTemplate({ frames, idsAt }: FrameTemplate): FrameTemplate {
  return createOver(Buffer.from(frames), idsAt);
}

function createOver(frames: Buffer, idsAt: readonly number[]): FrameTemplate {
  return { frames, bytes: new Uint8Array(frames.buffer, frames.byteOffset, frames.length), idsAt };
}

/** Makes them the frames of one subscriber. `id`: as JSON, quotes included. */
export function fillTemplate({ bytes, idsAt }: FrameTemplate, id: Uint8Array): void {
  for (const at of idsAt) bytes.set(id, at);
}

/** The header of an unmasked text frame (RFC 6455 section 5.2). */
function createHead(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, length]);
  if (length < 65_536) return Buffer.from([0x81, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = 127;
  head.writeUInt32BE(length, 6);
  return head;
}
