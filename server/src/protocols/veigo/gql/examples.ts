/** What the playground begins with, by name. */
export const examples: Readonly<Record<string, string>> = {
  SignUpAndCreateProfile: `mutation {
  SignUpAndCreateProfile(
    name: "Bob"
    email: "bob@veigo.com"
    password: "Password@123"
    clientId: "123abc"
  ) {
    account { id }
    profile { name }
    token { access refresh }
  }
}`,
  SignIn: `mutation {
  SignIn(email: "bob@veigo.com", password: "Password@123", clientId: "123abc") {
    account { id }
    token { access refresh }
  }
}`,
  CreateRoom: `mutation {
  CreateRoom(name: "Friends Group", type: group) {
    information { id name }
    members { id name }
  }
}`,
  CreateMessage: `mutation CreateMessage($room_id: String!) {
  CreateMessage(roomId: $room_id, content: "Hello world!") {
    id
    content
    senderId
  }
}`,
  ListMessages: `query ListMessages($room_id: String!) {
  ListRooms { records { id name type privacy } metadata { cursor hasMore } }
  ListMessages(roomId: $room_id, page: { size: 10 }) {
    records { id senderId content createdAt }
    metadata { cursor hasMore }
  }
}`,
};
