//! The handle: every call of the engine.
//!
//! A handle is cheap to clone and holds nothing but a channel to the driver. Arguments are checked here, before anything
//! is sent; what the server has to say about a call comes back as its result.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, ready, try_join_all};
use seenby_protocol::frames::{self, client_frame::Call, reply};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, Code};
use tokio::sync::{mpsc, oneshot, watch};

use crate::conversation::{check_channel_id, check_target_id};
use crate::driver::{AnswerResult, Command, Driver, Glance};
use crate::error::{CallError, ConnectError, CreateError, Parameter, ResponseError};
use crate::message::check_uid;
use crate::promise::promise;
use crate::sendings::Sendings;
use crate::session::{Session, SessionOptions};
use crate::socket::Dialer;
use crate::{
    ConnectionStatus, Content, Conversation, ConversationInfo, ConversationPage, ConversationType, CustomMessagePolicy,
    EngineOptions, Event, EventStream, GroupReadReceiptInfo, History, ID_CHARACTERS_MAX, Json, Message,
    MessageDirection, MessageReadReceiptInfo, PageQuery, ReadReceiptOrder, ReadReceiptPage, ReadReceiptStatus,
    ReceiptCounts, ReceiptResponse, ReceiptResult, TimeOrder, UserInfo,
};

/// Events that a stream is ahead of its reader. What is more waits in the session.
const EVENTS_AHEAD: usize = 256;
/// The part of the device id that begins every reference, so that an installation knows its own messages. The rest stays
/// between the installation and the server.
const REFERENCE_PREFIX_CHARACTERS: usize = 12;
const PAGE_TOKEN_BYTES_MAX: usize = 1_024;

/// A chat engine for one user at a time.
///
/// Clones share the connection. When the last clone is dropped, the engine ends as by [`destroy`](Self::destroy).
///
/// ```no_run
/// use seenby_client::{Conversation, Engine, EngineOptions, Event};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let options = EngineOptions { server: "ws://127.0.0.1:7780".into(), ..Default::default() };
/// let engine = Engine::create("my-app", options)?;
/// let mut events = engine.events();
/// engine.connect("token from my back end").await?;
///
/// let team = Conversation::group("team");
/// let message = engine.send_message(&engine.create_text_message(&team, "Fire drill at three")).await?;
/// engine.send_group_read_receipt_request(&message).await?;
///
/// while let Some(event) = events.next().await {
///     if let Event::GroupMessageReadReceiptResponseReceived { respond_user_ids, counts, .. } = event {
///         println!("{} of {} have read: {respond_user_ids:?}", counts.read, counts.total);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias = "RCIMIWEngine")]
#[derive(Clone)]
pub struct Engine {
    commands: mpsc::UnboundedSender<Command>,
    glance: watch::Receiver<Glance>,
    reference_prefix: Arc<str>,
    sendings: Sendings,
    connect_timeout: Option<Duration>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("glance", &*self.glance.borrow()).finish_non_exhaustive()
    }
}

/// Life and connection.
impl Engine {
    /// Makes an engine. Call it inside a Tokio runtime.
    pub fn create(app_key: &str, options: EngineOptions) -> Result<Self, CreateError> {
        if app_key.is_empty() {
            return Err(CreateError::Parameter(Parameter::new(Code::PARAM_ERROR, "the App Key is empty")));
        }
        let dialer = Dialer::new(&options.server, &options.extra_root_certificates)?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| CreateError::NoRuntime)?;
        let mut store = options.device_store;
        let fresh = random_name();
        let device_id = store.device_id(&fresh).unwrap_or_else(|error| {
            tracing::warn!(%error, "the device store cannot be used; this is like a new device");
            fresh
        });
        let mut reference_prefix: String = device_id.chars().take(REFERENCE_PREFIX_CHARACTERS).collect();
        reference_prefix.push('-');
        let session = Session::new(SessionOptions {
            app_key: app_key.to_owned(),
            device_id,
            client_ref_prefix: reference_prefix.clone(),
            sdk: concat!("seenby-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            backoff_min: options.reconnect_min,
            backoff_max: options.reconnect_max,
            call_timeout: options.call_timeout,
            attempt_timeout: options.attempt_timeout,
            renews_tokens: options.token_source.is_some(),
            seed: rand::random(),
        });
        let (commands, taken) = mpsc::unbounded_channel();
        let (driver, glance) = Driver::new(session, app_key.to_owned(), store, dialer, options.token_source, taken);
        runtime.spawn(driver.run());
        let connect_timeout = options.connect_timeout;
        let sendings = Sendings::default();
        Ok(Self { commands, glance, reference_prefix: reference_prefix.into(), sendings, connect_timeout })
    }

    /// Signs in and gives the user's id. From then on the engine keeps the connection up by itself, until
    /// [`disconnect`](Self::disconnect) or until the server refuses; [`Event::ConnectionStatusChanged`] says how it is.
    ///
    /// Dropping the future does not stop the attempt. While nobody is signed in, before the first connection or after it
    /// was lost, another token takes over: the call before ends with [`ConnectError::Disconnected`].
    pub async fn connect(&self, token: impl Into<String>) -> Result<String, ConnectError> {
        let token = token.into();
        if token.is_empty() {
            return Err(Parameter::new(Code::PARAM_ERROR, "the token is empty").into());
        }
        let (waiter, result) = oneshot::channel();
        let _ = self.commands.send(Command::Connect { token, timeout: self.connect_timeout, waiter });
        result.await.unwrap_or(Err(ConnectError::Destroyed))
    }

    /// Signs out. Calls under way end with [`CallError::ResultUnknown`]; answers are kept for the next time that this user
    /// signs in. Does nothing if nobody has signed in.
    pub async fn disconnect(&self) {
        let (done, result) = oneshot::channel();
        let _ = self.commands.send(Command::Disconnect { done });
        let _ = result.await;
    }

    /// Waits until every answer given so far is kept: in the device store or, if that refuses it, by the server.
    ///
    /// Before that an answer is lost if the process ends. [`destroy`](Self::destroy) tries to keep what it can.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Destroyed`] if the engine ends first: an answer may not be kept.
    ///
    /// ```no_run
    /// # async fn run(engine: seenby_client::Engine, read: Vec<seenby_client::Message>) -> Result<(), seenby_client::ResponseError> {
    /// // The result comes as an event, perhaps to the next run of the program.
    /// drop(engine.send_group_read_receipt_response("team", None, &read));
    /// engine.flush().await
    /// # }
    /// ```
    pub async fn flush(&self) -> Result<(), ResponseError> {
        let (done, result) = oneshot::channel();
        let _ = self.commands.send(Command::Flush { done });
        result.await.map_err(|_| ResponseError::Destroyed)
    }

    /// Call this when the network is another one or back, or when the program or the machine has slept: a connection is
    /// tried out within seconds, and the next attempt to connect is made now and not after its pause. Once too often does
    /// no harm. Without it a dead connection is found by its silence alone, half a minute later at most.
    pub fn look_again(&self) {
        let _ = self.commands.send(Command::LookAgain);
    }

    /// Ends the engine for all its clones: every call from now on, and every call under way, ends with `Destroyed`.
    pub async fn destroy(&self) {
        let (done, result) = oneshot::channel();
        let _ = self.commands.send(Command::Destroy { done });
        let _ = result.await;
    }

    /// The events, from the oldest that has not been told on. A later call takes over: the stream before ends when it has
    /// been read.
    pub fn events(&self) -> EventStream {
        let (subscriber, events) = mpsc::channel(EVENTS_AHEAD);
        let _ = self.commands.send(Command::Subscribe(subscriber));
        EventStream::new(events, &self.commands)
    }

    /// How the connection is.
    pub fn connection_status(&self) -> ConnectionStatus {
        self.glance.borrow().status
    }

    /// Who has signed in.
    pub fn user_id(&self) -> Option<String> {
        self.glance.borrow().user_id.clone()
    }

    /// This device's clock less the server's, in milliseconds; `None` before the first sign-in.
    #[doc(alias = "getDeltaTime")]
    pub fn delta_time(&self) -> Option<i64> {
        self.glance.borrow().delta_time_ms
    }
}

/// Conversations and people.
impl Engine {
    /// A page of the groups and channels that this user is in, each with its title, its size and its newest message.
    /// `page_token` is `None` for the first page; `count` is 1 to 100. The order never changes, so nothing is missed or
    /// comes twice while people write.
    ///
    /// ```no_run
    /// # use seenby_client::*;
    /// # async fn run(engine: Engine) -> Result<(), CallError> {
    /// let mut page_token = None;
    /// loop {
    ///     let page = engine.get_conversations(page_token.as_deref(), 100).await?;
    ///     page.conversations.iter().for_each(|info| println!("{} ({} people)", info.title, info.member_count));
    ///     page_token = page.page_token;
    ///     if page_token.is_none() {
    ///         return Ok(());
    ///     }
    /// }
    /// # }
    /// ```
    pub async fn get_conversations(&self, page_token: Option<&str>, count: u32) -> Result<ConversationPage, CallError> {
        check_count(count)?;
        check_page_token(page_token)?;
        let call = frames::ListConversations { page_token: page_token.unwrap_or_default().to_owned(), count };
        let reply = self.call(Call::ListConversations(call)).await?;
        let Some(reply::Result::Conversations(page)) = reply.result else { return Err(CallError::unreadable()) };
        let conversations = page.items.into_iter().filter_map(|item| self.conversation_info(item)).collect();
        let page_token = Some(page.page_token).filter(|token| !token.is_empty());
        Ok(ConversationPage { conversations, page_token })
    }

    /// `None`: a kind of conversation that this version does not know.
    fn conversation_info(&self, wire: frames::ConversationInfo) -> Option<ConversationInfo> {
        let conversation = Conversation::from_wire(wire.conversation)?;
        let last_message = wire.last_message.map(|message| self.received(message, &conversation));
        Some(ConversationInfo { conversation, title: wire.title, member_count: wire.members, last_message })
    }

    /// The names of people who are or were in a conversation of this user: 1 to 100 user ids. Others are left out.
    pub async fn get_users(
        &self,
        conversation: &Conversation,
        user_ids: &[impl AsRef<str>],
    ) -> Result<Vec<UserInfo>, CallError> {
        conversation.check()?;
        let user_ids: Vec<String> = user_ids.iter().map(|user_id| user_id.as_ref().to_owned()).collect();
        check_user_ids(&user_ids)?;
        let call = frames::GetUsers { conversation: Some(conversation.to_wire()), user_ids };
        let reply = self.call(Call::GetUsers(call)).await?;
        let Some(reply::Result::Users(users)) = reply.result else { return Err(CallError::unreadable()) };
        Ok(users.items.into_iter().map(UserInfo::from_wire).collect())
    }
}

/// Messages.
impl Engine {
    /// Makes a message to be sent with [`send_message`](Self::send_message).
    pub fn create_text_message(&self, conversation: &Conversation, text: impl Into<String>) -> Message {
        Message::draft(conversation.clone(), self.reference(), Content::Text(text.into()))
    }

    /// Makes a message of the application's own kind. `fields` is any JSON, most often an object.
    pub fn create_custom_message(
        &self,
        conversation: &Conversation,
        policy: CustomMessagePolicy,
        identifier: impl Into<String>,
        fields: impl Into<Json>,
    ) -> Message {
        let content = Content::Custom { policy, identifier: identifier.into(), fields: fields.into() };
        Message::draft(conversation.clone(), self.reference(), content)
    }

    /// Sends a message, and asks for a receipt in the same step if [`need_receipt`](Message::need_receipt) is set. Gives
    /// the message as the server has stored it.
    ///
    /// Sending the same message again creates another message. If the last attempt failed, for example with
    /// [`CallError::ResultUnknown`], or its future was dropped, it is a retry and the server stores one message. To forward a
    /// received message, set another [`conversation`](Message::conversation) and send it.
    pub async fn send_message(&self, message: &Message) -> Result<Message, CallError> {
        message.conversation.check()?;
        let mut sending = self.sendings.begin(message, message.to_send()?, || self.reference());
        let reply = self.call(Call::SendMessage(sending.frame())).await?;
        sending.note_stored();
        let Some(reply::Result::MessageSent(sent)) = reply.result else { return Err(CallError::unreadable()) };
        Ok(self.sent(message, sending.reference(), sent))
    }

    fn sent(&self, message: &Message, reference: &str, sent: frames::MessageSent) -> Message {
        let asked =
            message.need_receipt.then(|| GroupReadReceiptInfo { read_receipt_message: true, ..Default::default() });
        Message {
            message_uid: Some(sent.message_uid),
            client_ref: reference.to_owned(),
            sender_user_id: self.user_id(),
            direction: MessageDirection::Send,
            sequence: sent.sequence,
            sent_time: sent.sent_at_ms,
            group_read_receipt_info: asked,
            ..message.clone()
        }
    }

    /// Messages before or after a moment (Unix milliseconds), nearest first. 0 with [`TimeOrder::Before`] means the newest.
    pub async fn get_messages(
        &self,
        conversation: &Conversation,
        sent_time: u64,
        order: TimeOrder,
        count: u32,
    ) -> Result<History, CallError> {
        self.history(conversation, sent_time, order, count, String::new()).await
    }

    /// The page of history exactly behind this message, in this direction.
    pub async fn get_messages_from(
        &self,
        message: &Message,
        order: TimeOrder,
        count: u32,
    ) -> Result<History, CallError> {
        let uid = message.sent_uid()?.to_owned();
        self.history(&message.conversation, message.sent_time, order, count, uid).await
    }

    async fn history(
        &self,
        conversation: &Conversation,
        sent_at_ms: u64,
        order: TimeOrder,
        count: u32,
        from_message_uid: String,
    ) -> Result<History, CallError> {
        conversation.check()?;
        check_count(count)?;
        let order = match order {
            TimeOrder::Before => frames::TimeOrder::Before,
            TimeOrder::After => frames::TimeOrder::After,
        };
        let call = frames::GetHistory {
            conversation: Some(conversation.to_wire()),
            sent_at_ms,
            order: order.into(),
            count,
            from_message_uid,
        };
        let reply = self.call(Call::GetHistory(call)).await?;
        let Some(reply::Result::History(history)) = reply.result else { return Err(CallError::unreadable()) };
        let messages = history.messages.into_iter().map(|message| self.received(message, conversation));
        Ok(History { messages: messages.collect(), more: history.more })
    }

    /// One message.
    #[doc(alias = "getMessageByUId")]
    pub async fn get_message_by_uid(&self, conversation: &Conversation, uid: &str) -> Result<Message, CallError> {
        conversation.check()?;
        check_uid(uid)?;
        let call = frames::GetMessage { conversation: Some(conversation.to_wire()), message_uid: uid.to_owned() };
        let reply = self.call(Call::GetMessage(call)).await?;
        let Some(reply::Result::Message(message)) = reply.result else { return Err(CallError::unreadable()) };
        Ok(self.received(message, conversation))
    }

    /// Takes an own message back; its content and its receipts go.
    pub async fn recall_message(&self, message: &Message) -> Result<(), CallError> {
        message.conversation.check()?;
        let message_uid = message.sent_uid()?.to_owned();
        let conversation = Some(message.conversation.to_wire());
        self.call(Call::RecallMessage(frames::RecallMessage { conversation, message_uid })).await?;
        Ok(())
    }

    fn received(&self, message: frames::Message, conversation: &Conversation) -> Message {
        Message::from_wire(message, conversation, self.glance.borrow().user_id.as_deref().unwrap_or_default())
    }

    fn reference(&self) -> String {
        let mut reference = self.reference_prefix.to_string();
        reference.push_str(&random_name()[..24]);
        reference
    }
}

/// Receipts, as on the source page.
impl Engine {
    /// Asks who has read an own message that was sent. Asking twice is harmless.
    ///
    /// The call is made at once. Who drops its future is told of the result by
    /// [`Event::GroupReadReceiptRequestSent`] instead.
    pub fn send_group_read_receipt_request(
        &self,
        message: &Message,
    ) -> impl Future<Output = Result<(), CallError>> + Send + use<> {
        let call = match receipt_request(message) {
            Ok(call) => call,
            Err(parameter) => return Either::Left(ready(Err(parameter.into()))),
        };
        let message = message.clone();
        let to_event = move |reply: frames::Reply| Event::GroupReadReceiptRequestSent {
            code: Code(reply.code),
            message: message.clone(),
        };
        let (promise, reply) = promise(&self.commands, Some(Arc::new(to_event)));
        let _ = self.commands.send(Command::Call { call: Box::new(call), promise });
        Either::Right(async move {
            let reply = reply.await.ok_or(CallError::Destroyed)?;
            CallError::from_reply(&reply).map_or(Ok(()), Err)
        })
    }

    /// Answers for messages of one conversation: this user has read them. `channel_id` is for ultra groups; elsewhere give
    /// `None`. All messages must be of the conversation named.
    ///
    /// The answer is given immediately, also if the future is not polled. Without a connection it is kept in the device
    /// store, under the user that the token names, and sent when that user has signed in; [`flush`](Self::flush) waits
    /// until it is kept, the future until it has its result. If you drop the future, the result is delivered as
    /// [`Event::GroupReadReceiptResponseSent`] instead.
    ///
    /// ```no_run
    /// # async fn run(engine: seenby_client::Engine, read: Vec<seenby_client::Message>) {
    /// match engine.send_group_read_receipt_response("team", None, &read).await {
    ///     Ok(_) => println!("they know"),
    ///     Err(error) => println!("{}: {error}", error.code()),
    /// }
    /// // Or do not wait, and let the event tell:
    /// drop(engine.send_group_read_receipt_response("team", None, &read));
    /// # }
    /// ```
    pub fn send_group_read_receipt_response(
        &self,
        target_id: &str,
        channel_id: Option<&str>,
        messages: &[Message],
    ) -> impl Future<Output = Result<ReceiptResponse, ResponseError>> + Send + use<> {
        self.respond(one_conversation(target_id, channel_id, messages))
    }

    fn respond(
        &self,
        answer: Result<(Conversation, Vec<String>), Parameter>,
    ) -> impl Future<Output = AnswerResult> + Send + use<> {
        let (conversation, message_uids) = match answer {
            Ok(answer) => answer,
            Err(parameter) => return Either::Left(ready(Err(parameter.into()))),
        };
        let about = (conversation.clone(), message_uids.clone());
        let to_event = move |result| response_sent(result, &about.0, &about.1);
        let (promise, result) = promise(&self.commands, Some(Arc::new(to_event)));
        let _ = self.commands.send(Command::Answer { conversation, message_uids, promise });
        Either::Right(async move { result.await.unwrap_or(Err(ResponseError::Destroyed)) })
    }
}

/// Receipts message by message: what the vendor calls V5. Both ways work on the same receipts.
impl Engine {
    /// Answers for messages by their uids; else like
    /// [`send_group_read_receipt_response`](Self::send_group_read_receipt_response).
    #[doc(alias = "sendReadReceiptResponseV5")]
    pub fn send_read_receipt_response(
        &self,
        conversation: &Conversation,
        message_uids: &[impl AsRef<str>],
    ) -> BoxFuture<'static, Result<ReceiptResponse, ResponseError>> {
        self.respond(checked_uids(conversation, message_uids).map(|uids| (conversation.clone(), uids))).boxed()
    }

    /// How far own messages have been read: 1 to 100 of one conversation, in the order of the call.
    #[doc(alias = "getMessageReadReceiptInfoV5")]
    pub async fn get_message_read_receipt_info(
        &self,
        conversation: &Conversation,
        message_uids: &[impl AsRef<str>],
    ) -> Result<Vec<MessageReadReceiptInfo>, CallError> {
        let message_uids = checked_uids(conversation, message_uids)?;
        self.receipt_counts(conversation.clone(), message_uids).await
    }

    /// How far own messages of several conversations have been read, in the order of the call.
    #[doc(alias = "getMessageReadReceiptInfoV5ByIdentifiers")]
    pub async fn get_message_read_receipt_info_by_identifiers(
        &self,
        messages: &[(Conversation, impl AsRef<str>)],
    ) -> Result<Vec<MessageReadReceiptInfo>, CallError> {
        if messages.is_empty() {
            return Err(Parameter::new(Code::PARAM_ERROR, "there are no messages").into());
        }
        let mut by_conversation = std::collections::BTreeMap::<_, Vec<&str>>::new();
        for (conversation, uid) in messages {
            by_conversation.entry(conversation).or_default().push(uid.as_ref());
        }
        let calls = by_conversation.into_iter().map(|(conversation, uids)| {
            let checked = checked_uids(conversation, &uids);
            async move { self.receipt_counts(conversation.clone(), checked?).await }
        });
        let found: Vec<MessageReadReceiptInfo> = try_join_all(calls).await?.into_iter().flatten().collect();
        let place = |info: &MessageReadReceiptInfo| {
            messages
                .iter()
                .position(|(conversation, uid)| *conversation == info.conversation && uid.as_ref() == info.message_uid)
        };
        let mut found: Vec<_> = found.into_iter().map(|info| (place(&info), info)).collect();
        found.sort_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(_, info)| info).collect())
    }

    async fn receipt_counts(
        &self,
        conversation: Conversation,
        message_uids: Vec<String>,
    ) -> Result<Vec<MessageReadReceiptInfo>, CallError> {
        check_room(&message_uids)?;
        let call = frames::GetReceiptCounts { conversation: Some(conversation.to_wire()), message_uids };
        let reply = self.call(Call::GetReceiptCounts(call)).await?;
        let Some(reply::Result::ReceiptCounts(list)) = reply.result else { return Err(CallError::unreadable()) };
        let info = |item: frames::MessageReceiptCounts| MessageReadReceiptInfo {
            conversation: conversation.clone(),
            message_uid: item.message_uid,
            counts: match Code(item.code) {
                Code::SUCCESS => Ok(ReceiptCounts::from_wire(&item.counts.unwrap_or_default())),
                code => Err(code),
            },
        };
        Ok(list.items.into_iter().map(info).collect())
    }

    /// A page of those who have read an own message, who have not, or who left without reading it.
    ///
    /// ```no_run
    /// # use seenby_client::*;
    /// # async fn run(engine: Engine, team: Conversation) -> Result<(), CallError> {
    /// let mut query = PageQuery { status: ReadReceiptStatus::Unread, ..Default::default() };
    /// loop {
    ///     let page = engine.get_message_read_receipt_users_by_page(&team, "BVB5-NCT0-0002-0HV2", &query).await?;
    ///     page.users.iter().for_each(|user| println!("{} has not read it", user.user_id));
    ///     if page.page_token.is_none() {
    ///         return Ok(());
    ///     }
    ///     query.page_token = page.page_token;
    /// }
    /// # }
    /// ```
    #[doc(alias = "getMessagesReadReceiptUsersByPageV5")]
    pub async fn get_message_read_receipt_users_by_page(
        &self,
        conversation: &Conversation,
        message_uid: &str,
        query: &PageQuery,
    ) -> Result<ReadReceiptPage, CallError> {
        conversation.check()?;
        check_uid(message_uid)?;
        check_count(query.count)?;
        check_page_token(query.page_token.as_deref())?;
        let status = match query.status {
            ReadReceiptStatus::Read => frames::ReceiptStatus::Read,
            ReadReceiptStatus::Unread => frames::ReceiptStatus::Unread,
            ReadReceiptStatus::Left => frames::ReceiptStatus::Left,
        };
        let order = match query.order {
            ReadReceiptOrder::Descending => frames::ReceiptOrder::Descending,
            ReadReceiptOrder::Ascending => frames::ReceiptOrder::Ascending,
        };
        let call = frames::ListReceiptUsers {
            conversation: Some(conversation.to_wire()),
            message_uid: message_uid.to_owned(),
            status: status.into(),
            order: order.into(),
            page_token: query.page_token.clone().unwrap_or_default(),
            count: query.count,
        };
        self.receipt_users(Call::ListReceiptUsers(call)).await
    }

    /// Whether these people have read an own message: 1 to 100 user ids.
    #[doc(alias = "getMessagesReadReceiptByUsersV5")]
    pub async fn get_message_read_receipt_by_users(
        &self,
        conversation: &Conversation,
        message_uid: &str,
        user_ids: &[impl AsRef<str>],
    ) -> Result<ReadReceiptPage, CallError> {
        conversation.check()?;
        check_uid(message_uid)?;
        let user_ids: Vec<String> = user_ids.iter().map(|user_id| user_id.as_ref().to_owned()).collect();
        check_user_ids(&user_ids)?;
        let call = frames::FindReceiptUsers {
            conversation: Some(conversation.to_wire()),
            message_uid: message_uid.to_owned(),
            user_ids,
        };
        self.receipt_users(Call::FindReceiptUsers(call)).await
    }

    async fn receipt_users(&self, call: Call) -> Result<ReadReceiptPage, CallError> {
        let reply = self.call(call).await?;
        let Some(reply::Result::ReceiptUsers(users)) = reply.result else { return Err(CallError::unreadable()) };
        Ok(ReadReceiptPage::from_wire(users))
    }
}

impl Engine {
    async fn call(&self, call: Call) -> Result<frames::Reply, CallError> {
        let (promise, reply) = promise(&self.commands, None);
        let _ = self.commands.send(Command::Call { call: Box::new(call), promise });
        let reply = reply.await.ok_or(CallError::Destroyed)?;
        CallError::from_reply(&reply).map_or(Ok(reply), Err)
    }
}

fn receipt_request(message: &Message) -> Result<Call, Parameter> {
    message.conversation.check()?;
    let message_uid = message.sent_uid()?.to_owned();
    let conversation = Some(message.conversation.to_wire());
    Ok(Call::RequestReceipt(frames::RequestReceipt { conversation, message_uid }))
}

/// The conversation that the arguments name and every message is of, and the uids, each once.
fn one_conversation(
    target_id: &str,
    channel_id: Option<&str>,
    messages: &[Message],
) -> Result<(Conversation, Vec<String>), Parameter> {
    let first = messages.first().ok_or(Parameter::new(Code::PARAM_ERROR, "there are no messages"))?;
    let kind = first.conversation.conversation_type();
    if matches!(kind, ConversationType::Group | ConversationType::UltraGroup) {
        check_target_id(target_id)?;
        check_channel_id(channel_id)?;
    }
    let conversation = Conversation::new(kind, target_id, channel_id);
    conversation.check()?;
    if messages.iter().any(|message| message.conversation != conversation) {
        return Err(Parameter::new(Code::PARAM_ERROR, "a message is of another conversation"));
    }
    let uids = messages.iter().map(Message::sent_uid).collect::<Result<Vec<_>, _>>()?;
    Ok((conversation, once_each(uids)))
}

fn checked_uids(conversation: &Conversation, message_uids: &[impl AsRef<str>]) -> Result<Vec<String>, Parameter> {
    conversation.check()?;
    if message_uids.is_empty() {
        return Err(Parameter::new(Code::PARAM_ERROR, "there are no messages"));
    }
    message_uids.iter().try_for_each(|uid| check_uid(uid.as_ref()))?;
    Ok(once_each(message_uids.iter().map(AsRef::as_ref)))
}

fn once_each<'a>(uids: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    uids.into_iter().filter(|uid| seen.insert(*uid)).map(str::to_owned).collect()
}

fn check_user_ids(user_ids: &[String]) -> Result<(), Parameter> {
    if user_ids.is_empty() || user_ids.iter().any(String::is_empty) {
        return Err(Parameter::new(Code::PARAM_ERROR, "there are no user ids, or one is empty"));
    }
    if user_ids.iter().any(|user_id| user_id.chars().count() > ID_CHARACTERS_MAX) {
        return Err(Parameter::new(Code::USER_ID_INVALID, "a user id has more than 64 characters"));
    }
    check_room(user_ids)
}

fn check_page_token(page_token: Option<&str>) -> Result<(), Parameter> {
    match page_token.is_some_and(|page_token| page_token.len() > PAGE_TOKEN_BYTES_MAX) {
        true => Err(Parameter::new(Code::PAGE_TOKEN_INVALID, "no server made this page token")),
        false => Ok(()),
    }
}

fn check_count(count: u32) -> Result<(), Parameter> {
    match count {
        0 => Err(Parameter::new(Code::PARAM_ERROR, "the count is 0")),
        _ => Ok(()),
    }
}

/// One frame has to carry them. How many the server takes is for the server to say.
fn check_room(ids: &[String]) -> Result<(), Parameter> {
    const ENVELOPE_BYTES_MAX: usize = 4 * 1024;
    const BYTES_BESIDE_ID: usize = 3;
    let bytes: usize = ids.iter().map(|id| id.len() + BYTES_BESIDE_ID).sum();
    match bytes > CLIENT_FRAME_BYTES_MAX - ENVELOPE_BYTES_MAX {
        true => Err(Parameter::new(Code::FRAME_TOO_LARGE, "the call is too large: name fewer things")),
        false => Ok(()),
    }
}

/// The event of an answer that nobody waits for.
fn response_sent(result: AnswerResult, conversation: &Conversation, message_uids: &[String]) -> Event {
    match result {
        Ok(response) | Err(ResponseError::Refused(response)) => {
            Event::GroupReadReceiptResponseSent { code: response.code(), response }
        }
        Err(error) => {
            let code = error.code();
            let result = |uid: &String| ReceiptResult { message_uid: uid.clone(), code };
            let results = message_uids.iter().map(result).collect();
            let response = ReceiptResponse { conversation: conversation.clone(), results };
            Event::GroupReadReceiptResponseSent { code, response }
        }
    }
}

fn random_name() -> String {
    format!("{:032x}", rand::random::<u128>())
}
