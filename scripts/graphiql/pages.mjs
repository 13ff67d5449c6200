/** The GraphiQL pages: a name each, and what the page is told. Tabs are examples in the order in which a newcomer needs them. */

const signUp = `# Makes an account and signs it in. With "cookie" this browser stays signed in,
# so that the other tabs work without a header.
mutation SignUp {
  signUp(input: { username: "ada", password: "correct horse", name: "Ada", cookie: true }) {
    account { id username }
    tokens { access expiresIn }
  }
}

mutation SignIn {
  signIn(input: { login: "ada", password: "correct horse", cookie: true }) {
    account { id username }
    tokens { access expiresIn }
  }
}
`;

const begin = `# Members are ids, or "@username".
mutation Begin {
  createConversation(input: { kind: GROUP, name: "Tea", members: [] }) {
    created
    conversation { id name role }
  }
}
`;

const send = `# The id is yours: sending again with the same one stores nothing new.
mutation Send($conversation: ID!, $id: String!) {
  sendMessage(input: { conversation: $conversation, id: $id, content: { text: "Hello" } }) {
    repeated
    message { id seq createdAt sender { name } }
  }
}
`;

const read = `query Conversations {
  conversations(first: 20) {
    nodes {
      id
      name
      unread
      lastMessage { sender { name } content { text } createdAt }
      members(first: 5) { nodes { role user { name presence { state } } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}

query History($conversation: ID!) {
  messages(conversation: $conversation, last: 50) {
    nodes { seq sender { name } content { type text } reactions { emoji count } }
    pageInfo { hasPreviousPage startCursor }
  }
}
`;

const catchUp = `# Everything that a client with this position has missed.
query CatchUp($conversation: ID!, $position: PositionInput!) {
  changes(conversation: $conversation, position: $position) {
    continuity
    position { epoch seq rev }
    messages { seq rev content { text } editedAt deletedAt }
  }
}
`;

/** Veigo's: what its README and its examples begin with. */
const veigoSignUp = `# The access token of the answer goes into the Authorization header of the other tabs.
mutation SignUp {
  SignUpAndCreateProfile(name: "Bob", email: "bob@veigo.com", password: "Password@123", clientId: "123abc") {
    account { id }
    profile { name }
    token { access refresh }
  }
}

mutation SignIn {
  SignIn(email: "bob@veigo.com", password: "Password@123", clientId: "123abc") {
    account { id }
    token { access refresh }
  }
}
`;

const veigoRoom = `mutation CreateRoom {
  CreateRoom(name: "Friends Group", type: group) {
    information { id name }
    members { id name }
  }
}
`;

const veigoMessages = `mutation CreateMessage($room_id: String!) {
  CreateMessage(roomId: $room_id, content: "Hello world!") { id content senderId }
}

query Messages($room_id: String!) {
  ListMessages(roomId: $room_id, page: { size: 10 }) {
    records { id senderId content createdAt }
    metadata { cursor hasMore }
  }
}
`;

const headers = JSON.stringify({ Authorization: 'SuperDuperUser <access token>' }, null, 2);

const ids = (fields) => JSON.stringify({ conversation: 'the id of a conversation', ...fields }, null, 2);

export const pages = [
  {
    name: 'graphql',
    title: 'Parley GraphQL',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: [
      { query: signUp },
      { query: begin },
      { query: send, variables: ids({ id: 'my-first-message' }) },
      { query: read, variables: ids({}) },
      { query: catchUp, variables: ids({ position: { epoch: "the conversation's epoch", seq: 0, rev: 0 } }) },
    ],
  },
  {
    name: 'veigo',
    title: 'Playground',
    endpoint: '/gql',
    defaultTabs: [
      { query: veigoSignUp },
      { query: veigoRoom, headers },
      { query: veigoMessages, headers, variables: JSON.stringify({ room_id: 'the id of a room' }, null, 2) },
    ],
  },
];
