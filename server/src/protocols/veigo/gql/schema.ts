import { buildSchema } from 'graphql';

/**
 * The reference's schema with its exact names. What is more than it has: a member's `id` and `name`, which its own examples select;
 * pages for the lists that have none; `records` of rooms as a list; signing out and what is proved by a code from an e-mail.
 */
export const schema = buildSchema(`
schema { query: RootQuery mutation: RootMutation }

enum type { direct group }
enum privacy { private public }

input PaginationRequest { cursor: String size: Int }
type PaginationResponseMetadata { cursor: String hasMore: Boolean }

type Account {
  id: String
  email: String
  isEmailVerified: String
  phone: String
  isPhoneVerified: String
  createdAt: String
  updatedAt: String
}
type Token { access: String refresh: String }
type LoginResponse { account: Account token: Token }
type Success { success: Boolean }
type Device { clientId: String }
type Profile { id: String photoPath: String name: String about: String createdAt: String updatedAt: String }
type Room {
  id: String
  photoPath: String
  name: String
  description: String
  type: type
  privacy: privacy
  createdAt: String
  updatedAt: String
}
type MemberRoom { id: String name: String memberId: String roomId: String createdAt: String updatedAt: String }
type Message { id: String roomId: String senderId: String content: String createdAt: String updatedAt: String }

type CreateRoomOutput { information: Room members: [MemberRoom] }
type ListRoomMembersOutput { records: [MemberRoom] metadata: PaginationResponseMetadata }
type ListMessagesOutput { records: [Message] metadata: PaginationResponseMetadata }
type ListRoomsOutput { records: [Room] metadata: PaginationResponseMetadata }
type ListDevicesOutput { records: [Device] metadata: PaginationResponseMetadata }
type SignUpAndCreateProfileResponse { account: Account profile: Profile token: Token }

type RootQuery {
  ReadProfile(id: String!): Profile
  "The caller's rooms, last used first; the id is taken because clients send one, and means nothing."
  ListRooms(id: String, page: PaginationRequest): ListRoomsOutput
  "Newest first."
  ListMessages(roomId: String!, page: PaginationRequest): ListMessagesOutput
  ListRoomMembers(roomId: String!, page: PaginationRequest): ListRoomMembersOutput
  ListDevices(page: PaginationRequest): ListDevicesOutput
}

type RootMutation {
  SignUp(email: String!, password: String!, clientId: String!, phone: String): LoginResponse
  SignIn(email: String!, password: String!, clientId: String!): LoginResponse
  RefreshToken(token: String!): Token
  ValidateAccessToken(token: String!): Success
  SignUpAndCreateProfile(
    email: String!
    password: String!
    clientId: String!
    phone: String
    photoPath: String
    name: String!
    about: String
  ): SignUpAndCreateProfileResponse
  SendEmailVerification(email: String!): Success
  VerifyEmail(email: String!, otp: String!): Success
  ForgetPassword(email: String!): Success
  ResetPassword(email: String!, otp: String!, newPassword: String!): Success

  "Ends the sessions of the device; without one, the session that asks."
  SignOut(clientId: String): Success
  ChangePassword(oldPassword: String!, newPassword: String!): Success
  DeleteAccount(password: String!): Account
  CreateProfile(photoPath: String, name: String!, about: String): Profile
  UpdateProfile(id: String!, photoPath: String, name: String, about: String): Profile
  DeleteProfile(id: String!): Profile
  CreateRoom(
    photoPath: String
    name: String!
    description: String
    type: type!
    privacy: privacy
    members: [String]
  ): CreateRoomOutput
  UpdateRoom(id: String!, photoPath: String, name: String, description: String, privacy: privacy): Room
  AddMembersToRoom(roomId: String!, membersId: [String]!): [MemberRoom]
  "Leaves the room."
  DeleteUserRoom(roomId: String!): MemberRoom
  CreateMessage(roomId: String!, content: String!): Message
  UpdateMessage(roomId: String!, messageId: String!, content: String): Message
  DeleteMessage(roomId: String!, messageId: String!): Message
}
`);
