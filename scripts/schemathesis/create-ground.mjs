/** The accounts and what they have: what the calls of a run are about. Somebody who owns a conversation, and a peer in it. */
const password = 'correct horse battery staple';

/**
 * @param {string} url of a server that nobody else uses
 * @returns {Promise<object>} `PARLEY_FUZZ` of hooks.py
 */
export async function createGround(url) {
  const call = async (path, body, token) => {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const json = body instanceof FormData ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: body instanceof FormData ? body : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  const owner = await call('/accounts', { username: 'owner', password });
  const peer = await call('/accounts', { username: 'peer', password });
  const token = owner.tokens.access;
  const group = await call('/conversations', { kind: 'group', name: 'Ground', members: [peer.account.id] }, token);
  for (const id of ['one', 'two', 'three']) {
    await call(`/conversations/${group.id}/messages`, { id, content: { type: 'text', text: `This is ${id}.` } }, token);
  }
  const form = new FormData();
  form.append('file', new Blob(['a few words']), 'words.txt');
  const attachment = await call('/attachments', form, token);
  return {
    url,
    password,
    token,
    /** By the first part of a path that has one: the parameters that stand for something that is there. */
    known: {
      '/api/v1/conversations/{id}': { id: group.id, seq: 2, userId: peer.account.id },
      '/api/v1/attachments/{id}': { id: attachment.id },
      '/api/v1/users/{id}': { id: peer.account.id },
      '/api/v1/me/': { id: peer.account.id },
    },
  };
}
