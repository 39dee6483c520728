// Generated from crates/seenby-protocol/codes.toml by `make generate`.

/** The status codes of Seenby and of its SDKs. */
export const Code = {
  /**
   * It worked.
   *
   * What to do: Nothing.
   */
  SUCCESS: 0,
  /**
   * An argument of the call is missing or has the wrong type. Decided in the SDK, before any network use.
   *
   * What to do: Correct the call.
   */
  PARAM_ERROR: 1,
  /**
   * The engine was destroyed.
   *
   * What to do: Create a new engine.
   */
  ENGINE_DESTROYED: 2,
  /**
   * The SDK failed inside.
   *
   * What to do: Report it, with the log.
   */
  NATIVE_OPERATION_ERROR: 3,
  /**
   * The connection ended before the result was known. Calls about receipts may be repeated: nothing counts twice.
   *
   * What to do: Ask again.
   */
  RESULT_UNKNOWN: 4,
  /**
   * This user sends messages too fast.
   *
   * What to do: Wait for the time that the reply names, then send again.
   */
  SEND_FREQUENCY_TOO_FAST: 20604,
  /**
   * This user makes this kind of call too often.
   *
   * What to do: Wait for the time that the reply names. The SDKs do so by themselves for answers.
   */
  REQUEST_OVER_FREQUENCY: 20607,
  /**
   * The user is not a member of this group, or there is no such group.
   *
   * What to do: Join the group first.
   */
  NOT_IN_GROUP: 22406,
  /**
   * The user is muted in this group.
   *
   * What to do: Tell the user.
   */
  FORBIDDEN_IN_GROUP: 22408,
  /**
   * The user is not a member of this ultra group, or there is no such ultra group.
   *
   * What to do: Join the ultra group first.
   */
  NOT_IN_ULTRA_GROUP: 24406,
  /**
   * The ultra group has no such channel.
   *
   * What to do: Create the channel, or correct its id.
   */
  ULTRA_GROUP_CHANNEL_NOT_EXIST: 24414,
  /**
   * Only the sender can recall a message.
   *
   * What to do: Do not offer it.
   */
  RECALL_BY_WRONG_USER: 25107,
  /**
   * The page token was not made by this server for this list.
   *
   * What to do: Begin with the first page.
   */
  PAGE_TOKEN_INVALID: 25432,
  /**
   * More than 100 messages or users in one call, or a page of more than 100.
   *
   * What to do: Split the call.
   */
  RECEIPT_LIST_TOO_LONG: 26316,
  /**
   * This kind of conversation has no receipts.
   *
   * What to do: Use a group or an ultra group.
   */
  RECEIPT_CONVERSATION_TYPE_UNSUPPORTED: 26317,
  /**
   * Receipts cannot be listed in this way.
   *
   * What to do: Correct status and order.
   */
  RECEIPT_QUERY_UNSUPPORTED: 26318,
  /**
   * Only the sender of a message may ask who has read it and see the result.
   *
   * What to do: Do not offer it.
   */
  RECEIPT_NOT_SENDER: 26320,
  /**
   * Nobody asked for a receipt of this message.
   *
   * What to do: Do not answer it.
   */
  RECEIPT_NOT_REQUESTED: 26321,
  /**
   * There is no such message in this conversation, or it was recalled.
   *
   * What to do: Forget the message.
   */
  RECEIPT_MESSAGE_NOT_FOUND: 26322,
  /**
   * There is no connection, or nobody has signed in on it.
   *
   * What to do: Connect first.
   */
  NOT_CONNECTED: 30002,
  /**
   * The server did not answer in time.
   *
   * What to do: Ask again.
   */
  REPLY_TIMEOUT: 30003,
  /**
   * Nothing was heard from the other side for too long.
   *
   * What to do: The SDKs connect again by themselves.
   */
  PING_TIMEOUT: 30012,
  /**
   * Too many sign-ins.
   *
   * What to do: Wait, then connect again.
   */
  CONNECT_OVER_FREQUENCY: 30015,
  /**
   * The message body has more than 128 KiB.
   *
   * What to do: Send less.
   */
  MESSAGE_TOO_LARGE: 30016,
  /**
   * The server does not know this App Key.
   *
   * What to do: Correct the App Key.
   */
  APP_KEY_REJECTED: 31002,
  /**
   * The token is forged, damaged, or belongs to another app.
   *
   * What to do: Get a new token from the back end.
   */
  TOKEN_INCORRECT: 31004,
  /**
   * The user is blocked.
   *
   * What to do: Tell the user.
   */
  USER_BLOCKED: 31009,
  /**
   * The user has signed in on another device, and this was the one too many.
   *
   * What to do: Do not connect again by itself; let the user decide.
   */
  KICKED_BY_OTHER_DEVICE: 31010,
  /**
   * The token has expired.
   *
   * What to do: Get a new token from the back end.
   */
  TOKEN_EXPIRED: 31020,
  /**
   * The engine has not been created.
   *
   * What to do: Create the engine first.
   */
  CLIENT_NOT_INIT: 33001,
  /**
   * The call carries something that the server cannot accept; the detail says what.
   *
   * What to do: Correct the call.
   */
  INVALID_PARAMETER: 33003,
  /**
   * There is a connection already.
   *
   * What to do: Disconnect first, or go on with the one there is.
   */
  CONNECTION_EXISTS: 34001,
  /**
   * The time that the app gave for connecting is over.
   *
   * What to do: Connect again, or tell the user.
   */
  CONNECT_TIMEOUT: 34006,
  /**
   * The vendor's answer when old and new receipts are mixed. Seenby serves both and never gives it.
   *
   * What to do: Nothing.
   */
  READ_RECEIPT_VERSION_MISMATCH: 34014,
  /**
   * The message has no messageUId, because it was not sent, or the id is malformed.
   *
   * What to do: Send the message first.
   */
  MESSAGE_UID_INVALID: 34203,
  /**
   * The list of messages is empty.
   *
   * What to do: Name at least one message.
   */
  MESSAGE_LIST_INVALID: 34206,
  /**
   * This call works in groups and ultra groups only.
   *
   * What to do: Use a group or an ultra group.
   */
  CONVERSATION_TYPE_INVALID: 34209,
  /**
   * The target id does not have 1 to 64 characters.
   *
   * What to do: Correct the id.
   */
  TARGET_ID_INVALID: 34210,
  /**
   * The channel id has more than 20 characters or an underscore.
   *
   * What to do: Correct the id.
   */
  CHANNEL_ID_INVALID: 34211,
  /**
   * The user id does not have 1 to 64 characters.
   *
   * What to do: Correct the id.
   */
  USER_ID_INVALID: 34214,
  /**
   * The user was not asked: it joined after the message was sent, or it is the sender.
   *
   * What to do: Do not answer this message.
   */
  NOT_IN_AUDIENCE: 90001,
  /**
   * The server cannot write to its store. Whether this call was written is unknown.
   *
   * What to do: Ask again later; nothing counts twice.
   */
  STORE_UNAVAILABLE: 90002,
  /**
   * The frame is not a frame of this protocol. After three of them the connection is closed.
   *
   * What to do: Update or repair the client.
   */
  MALFORMED_FRAME: 90003,
  /**
   * The frame is larger than the server takes. After three of them the connection is closed.
   *
   * What to do: Send smaller frames.
   */
  FRAME_TOO_LARGE: 90004,
  /**
   * The server does not know this call; it is older than the client.
   *
   * What to do: Do without, or update the server.
   */
  UNKNOWN_CALL: 90005,
  /**
   * The client did not read what the server sent.
   *
   * What to do: The SDKs connect again and catch up.
   */
  SLOW_CONSUMER: 90006,
  /**
   * The server stops or restarts.
   *
   * What to do: The SDKs connect again and catch up.
   */
  SHUTTING_DOWN: 90007,
  /**
   * The connection did not sign in in time.
   *
   * What to do: Sign in right after connecting.
   */
  SIGN_IN_TIMEOUT: 90008,
  /**
   * The same device has signed in again on a newer connection.
   *
   * What to do: Nothing; the newer connection is in use.
   */
  REPLACED: 90009,
  /**
   * The server failed in a way that it did not foresee; its log says more.
   *
   * What to do: Ask again; report it if it stays.
   */
  INTERNAL_ERROR: 90010,
  /**
   * The server has more to do than it can take in now.
   *
   * What to do: Wait a moment, then ask again.
   */
  TOO_BUSY: 90011,
  /**
   * This SDK does not have this call of the vendor's engine. Decided in the SDK, before any network use.
   *
   * What to do: Do without; the page of the TypeScript SDK says which calls there are.
   */
  CALL_NOT_SUPPORTED: 90012,
  /**
   * The user has come back into a group, or a channel is there again, and only the client knows what it has of it.
   *
   * What to do: The SDKs connect again and catch up.
   */
  RETURNED: 90013,
  /**
   * The server may have missed what happened at another server.
   *
   * What to do: The SDKs connect again and catch up.
   */
  NEWS_LOST: 90014,
  /**
   * The call names no key, or one that this server does not know.
   *
   * What to do: Correct the key.
   */
  API_KEY_REJECTED: 90020,
  /**
   * The key may not be used for this call.
   *
   * What to do: Use a key with the scope that the detail names.
   */
  API_KEY_SCOPE_MISSING: 90021,
  /**
   * The server API has no such call.
   *
   * What to do: Correct the path and the method.
   */
  API_CALL_NOT_SERVED: 90022,
  /**
   * There is no such group, or it was dismissed.
   *
   * What to do: Create the group, or correct its id.
   */
  GROUP_NOT_FOUND: 90023,
  /**
   * No such user is registered.
   *
   * What to do: Register the user, or correct the id.
   */
  USER_NOT_FOUND: 90024,
  /**
   * The group would have more members than it may. Nobody was taken in.
   *
   * What to do: Split the group, or raise the limit.
   */
  GROUP_FULL: 90025,
  /**
   * There is an app of this key already; it keeps its secret.
   *
   * What to do: Choose another key.
   */
  APP_EXISTS: 90026,
  /**
   * The app makes this call too often.
   *
   * What to do: Wait for the time that the reply names, then call again.
   */
  API_RATE_EXCEEDED: 90027,
  /**
   * The body of the call is larger than the server takes, or came too slowly.
   *
   * What to do: Send less in one call.
   */
  API_BODY_TOO_LARGE: 90028,
  /**
   * The default channel of an ultra group cannot be deleted.
   *
   * What to do: Delete another channel, or dismiss the group.
   */
  DEFAULT_CHANNEL_STAYS: 90029,
} as const;
