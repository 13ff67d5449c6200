import { buildSchema, findBreakingChanges, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from './schema.ts';

/** The reference's, to the letter: what its clients were written against. */
const reference = buildSchema(`
  schema { query: RootQuery mutation: RootMutation }
  enum type { direct group }
  enum privacy { private public }
  input PaginationRequest { cursor: String size: Int }
  type PaginationResponseMetadata { cursor: String hasMore: Boolean }
  type Account {
    id: String email: String isEmailVerified: String phone: String isPhoneVerified: String createdAt: String updatedAt: String
  }
  type Token { access: String refresh: String }
  type LoginResponse { account: Account token: Token }
  type Success { success: Boolean }
  type Profile { id: String photoPath: String name: String about: String createdAt: String updatedAt: String }
  type Room {
    id: String photoPath: String name: String description: String type: type privacy: privacy createdAt: String updatedAt: String
  }
  type MemberRoom { memberId: String roomId: String createdAt: String updatedAt: String }
  type Message { id: String roomId: String senderId: String content: String createdAt: String updatedAt: String }
  type CreateRoomOutput { information: Room members: [MemberRoom] }
  type ListRoomMembersOutput { records: [MemberRoom] metadata: PaginationResponseMetadata }
  type ListMessagesOutput { records: [Message] metadata: PaginationResponseMetadata }
  type ListRoomsOutput { records: Room metadata: PaginationResponseMetadata }
  type SignUpAndCreateProfileResponse { account: Account profile: Profile token: Token }
  type RootQuery {
    ReadProfile(id: String!): Profile
    ListRooms(id: String!): ListRoomsOutput
    ListMessages(roomId: String!): ListMessagesOutput
    ListRoomMembers(roomId: String!, page: PaginationRequest): ListRoomMembersOutput
  }
  type RootMutation {
    SignUp(email: String!, password: String!, clientId: String!, phone: String): LoginResponse
    SignIn(email: String!, password: String!, clientId: String!): LoginResponse
    RefreshToken(token: String!): Token
    ValidateAccessToken(token: String!): Success
    SignUpAndCreateProfile(
      email: String!, password: String!, clientId: String!, phone: String, photoPath: String, name: String!, about: String
    ): SignUpAndCreateProfileResponse
    CreateProfile(photoPath: String, name: String!, about: String): Profile
    UpdateProfile(id: String!, photoPath: String, name: String, about: String): Profile
    DeleteProfile(id: String!): Profile
    CreateRoom(
      photoPath: String, name: String!, description: String, type: type!, privacy: privacy, members: [String]
    ): CreateRoomOutput
    UpdateRoom(id: String!, photoPath: String, name: String, description: String, privacy: privacy): Room
    AddMembersToRoom(roomId: String!, membersId: [String]!): [MemberRoom]
    DeleteUserRoom(roomId: String!): MemberRoom
    CreateMessage(roomId: String!, content: String!): Message
    UpdateMessage(roomId: String!, messageId: String!, content: String): Message
    DeleteMessage(roomId: String!, messageId: String!): Message
  }
`);

test('whatever was valid with the reference is valid here, but that a list of rooms is a list', () => {
  expect(findBreakingChanges(reference, schema).map(({ description }) => description)).toEqual([
    'ListRoomsOutput.records changed type from Room to [Room].',
  ]);
});

/** `misc/gql/queries.gql` of the reference; its own schema refuses the members of CreateRoom. */
test.each([
  `mutation SignUpAndCreateProfile {
    SignUpAndCreateProfile(name: "Bob", email: "bob@veigo.com", password: "Password@123", clientId: "123abc") {
      account { id } profile { name } token { access refresh }
    }
  }`,
  'mutation SignUp { SignUp(email: "bob@veigo.com", password: "Password@123", clientId: "123abc") { account { id } token { access refresh } } }',
  'mutation CreateProfile { CreateProfile(name: "Bob") { id name } }',
  'mutation RefreshToken($refresh_token: String!) { RefreshToken(token: $refresh_token) { access refresh } }',
  'mutation CreateRoom { CreateRoom(name: "Friends Group", type: group) { information { id name } members { id name } } }',
  'mutation CreateMessage($room_id: String!) { CreateMessage(roomId: $room_id, content: "Hello world!") { id content senderId } }',
])('its examples are valid: %s', (example) => {
  expect(validate(schema, parse(example))).toEqual([]);
});
