/** A `send` whose text is the moment it is made, for the receivers in this process to read (performance.now, milliseconds). */
export function createStampedSend(conversation: string, id: string): string {
  return `{"op":"send","conversation":"${conversation}","id":"${id}","content":{"type":"text","text":"${performance.now()}"}}`;
}

/** Whether the frame is one message, by the first letter of its op: cheaper than parsing it. */
export const isMessage = (frame: Buffer, start: number): boolean => frame[start + 7] === 0x6d;

/** The moment in the text of a message frame; null: it is another frame, or somebody else's text. */
export function readStamp(frame: Buffer, start: number, end: number): number | null {
  if (!isMessage(frame, start)) return null;
  const at = frame.indexOf(marker, start);
  if (at < 0 || at > end) return null;
  const stamp = Number(frame.toString('latin1', at + marker.length, frame.indexOf(0x22, at + marker.length)));
  return Number.isNaN(stamp) ? null : stamp;
}

const marker = Buffer.from('"text":"');
