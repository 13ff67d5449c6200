import { randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createGroup, createPerson, knock, type Message, type Person, request, until } from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  readonly url: string;
}

inEveryTopology('attachments', (server) => {
  async function upload(person: Person, bytes: Buffer, name: string, type = 'application/octet-stream') {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(bytes)], { type }), name);
    return request<Attachment>(server(), 'POST', '/attachments', { token: person.access, body: form });
  }

  const download = (person: Person | null, id: string): Promise<Response> =>
    fetch(`${server().url}/api/v1/attachments/${id}`, {
      headers: person ? { authorization: `Bearer ${person.access}` } : {},
    });

  const show = (person: Person, conversation: string, attachment: string): Promise<Message> =>
    person.must<Message>('POST', `/conversations/${conversation}/messages`, {
      id: randomUUID(),
      content: { type: 'file', attachment, text: 'look' },
    });

  test('what goes up comes down, byte by byte, with its name, size and kind', async () => {
    const ann = await createPerson(server(), 'ann');
    for (const size of [0, 1, 65_537, 900_000]) {
      const bytes = randomBytes(size);
      const { status, body } = await upload(ann, bytes, 'holiday "2026" – ünïcode.bin');
      expect(status).toBe(201);
      expect(body).toMatchObject({
        size,
        name: 'holiday "2026" – ünïcode.bin',
        mediaType: 'application/octet-stream',
      });
      const answer = await fetch(`${server().url}${body.url}`, {
        headers: { authorization: `Bearer ${ann.access}` },
      });
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
      expect(answer.headers.get('content-disposition')).toMatch(
        /^attachment; filename="holiday .*"; filename\*=UTF-8''holiday/,
      );
    }
  });

  test('a page or a script stays a download, whatever its sender calls it', async () => {
    const ann = await createPerson(server(), 'ann');
    const page = Buffer.from('<!doctype html><script>alert(1)</script>');
    for (const type of ['text/html', 'image/svg+xml', 'application/javascript', 'image/png']) {
      const { body } = await upload(ann, page, 'page.html', type);
      const answer = await download(ann, body.id);
      expect(answer.headers.get('content-type')).not.toMatch(/html|svg|javascript|png/);
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toContain('sandbox');
      await answer.arrayBuffer();
    }
  });

  test('what is used is told, what is shown stays, and what nothing shows is deleted with its bytes', async () => {
    const [ann, bob] = [await createPerson(server(), 'ann'), await createPerson(server(), 'bob')];
    const used = async () =>
      (await ann.must<{ attachments: { usedBytes: number } }>('GET', '/me')).attachments.usedBytes;
    const remove = async (person: Person, id: string) => {
      const { status } = await request(server(), 'DELETE', `/attachments/${id}`, { token: person.access });
      return status;
    };
    const { id } = (await upload(ann, randomBytes(5_000), 'a.bin')).body;
    expect(await used()).toBe(5_000);
    const { id: group } = await createGroup(ann, [bob]);
    const { seq } = await show(ann, group, id);
    expect([await remove(bob, id), await remove(ann, id), await used()]).toEqual([403, 409, 5_000]);
    await ann.must('DELETE', `/conversations/${group}/messages/${seq}`);
    expect([await remove(bob, id), await remove(ann, id), await remove(ann, id)]).toEqual([404, 204, 404]);
    expect(await used()).toBe(0);
    expect((await download(ann, id)).status).toBe(404);
  });

  test('only who may read a message that shows it gets it, and only while they may', async () => {
    const [ann, bob, eve] = [
      await createPerson(server(), 'ann'),
      await createPerson(server(), 'bob'),
      await createPerson(server(), 'eve'),
    ];
    const group = await createGroup(ann, [bob]);
    const { body } = await upload(ann, Buffer.from('secret'), 'secret.txt', 'text/plain');
    expect((await download(bob, body.id)).status, 'not shown yet').toBe(404);
    const message = await show(ann, group.id, body.id);
    expect(await (await download(bob, body.id)).text()).toBe('secret');
    expect((await download(eve, body.id)).status).toBe(404);
    expect((await download(null, body.id)).status).toBe(401);
    await ann.must('DELETE', `/conversations/${group.id}/members/${bob.id}`);
    expect((await download(bob, body.id)).status, 'no longer a member').toBe(404);
    await ann.must('PUT', `/conversations/${group.id}/members/${bob.id}`, { role: 'member' });
    expect((await download(bob, body.id)).status).toBe(200);
    await ann.must('DELETE', `/conversations/${group.id}/messages/${message.seq}`);
    expect((await download(bob, body.id)).status, 'its message is deleted').toBe(404);
    expect((await download(ann, body.id)).status, 'still the owner’s').toBe(200);
  });

  test('nobody opens the attachment of others by showing it in a message of their own', async () => {
    const [ann, eve] = [await createPerson(server(), 'ann'), await createPerson(server(), 'eve')];
    const { body } = await upload(ann, Buffer.from('secret'), 'secret.txt');
    const lair = await createGroup(eve, []);
    for (const attachment of [body.id, randomUUID()]) {
      const answer = await eve.api('POST', `/conversations/${lair.id}/messages`, {
        id: randomUUID(),
        content: { type: 'file', attachment },
      });
      expect([answer.status, answer.body.code]).toEqual([404, 'attachment.unknown']);
    }
    expect((await download(eve, body.id)).status).toBe(404);
  });

  test('more bytes than allowed are refused by name and leave nothing behind', async () => {
    const ann = await createPerson(server(), 'ann');
    const answer = await upload(ann, randomBytes(1024 * 1024 + 1), 'big.bin');
    expect([answer.status, (answer.body as unknown as { code: string }).code]).toEqual([413, 'request.too_large']);
    expect((await upload(ann, randomBytes(1024 * 1024), 'just.bin')).status).toBe(201);
  });

  test('an upload that breaks off half way takes nobody with it', async () => {
    const ann = await createPerson(server(), 'ann');
    const { hostname, port } = new URL(server().url);
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(port), hostname);
      const head = `POST /api/v1/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.access}\r\n`;
      const form = '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n';
      socket.write(`${head}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 500000\r\n\r\n${form}`);
      await new Promise<void>((resolve) => socket.write(randomBytes(i * 7_000), () => resolve()));
      socket.resetAndDestroy();
    }
    expect((await upload(ann, Buffer.from('fine'), 'fine.txt')).status).toBe(201);
    await until(
      'the server is well',
      async () => (await knock(server(), { method: 'GET', path: '/api/v1/status' })).status === 200,
    );
  });
});
