//! Who has read a message, who has not, and who left: what the vendor never offered to back ends.

use axum::Json;
use seenby_core::view::{ReceiptList, ReceiptStatus};
use seenby_core::{Counts, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::access::Caller;
use super::input::{Route, Search};
use super::messages::Target;
use super::refused::Refused;
use super::shapes::{ChannelId, Done, GroupId, InChannel, Kind, MessageUid, UserId, named_group, page_size};
use crate::administration::{RequestProgress, conversation_name};
use crate::cursors;
use crate::queries::{ReceiptUser, UsersQuery};

/// Those who were asked. `total = read + unread`; those who left without reading stand apart.
#[derive(Serialize, ToSchema)]
pub(super) struct ReceiptCounts {
    read: u32,
    unread: u32,
    left: u32,
    total: u32,
}

impl From<Counts> for ReceiptCounts {
    fn from(counts: Counts) -> Self {
        Self { read: counts.read, unread: counts.unread, left: counts.left, total: counts.total() }
    }
}

/// Ask who has read a message, on behalf of its sender
///
/// Asking twice changes nothing.
#[utoipa::path(
    put, path = "/groups/{kind}/{group_id}/messages/{message_uid}/receipt-request", tag = "receipts",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path), ("message_uid" = MessageUid, Path), InChannel),
    responses((status = 200, description = "The members are asked", body = Done), Refused)
)]
pub(super) async fn request_receipt(
    caller: Caller,
    Route((kind, group, uid)): Route<(Kind, String, String)>,
    Search(channel): Search<InChannel>,
) -> Answer<Done> {
    let administration = caller.enter(Scope::Receipts, "receipts.request")?;
    administration.ask(&channel.conversation(&caller.app, kind, &group)?, &uid).await?;
    Ok(Json(Done::default()))
}

/// Count those who have read a message, those who have not, and those who left
#[utoipa::path(
    get, path = "/groups/{kind}/{group_id}/messages/{message_uid}/receipts", tag = "receipts",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path), ("message_uid" = MessageUid, Path), InChannel),
    responses((status = 200, description = "The counts", body = ReceiptCounts), Refused)
)]
pub(super) async fn get_counts(
    caller: Caller,
    Route((kind, group, uid)): Route<(Kind, String, String)>,
    Search(channel): Search<InChannel>,
) -> Answer<ReceiptCounts> {
    let administration = caller.enter(Scope::Receipts, "receipts.counts")?;
    let conversation = channel.conversation(&caller.app, kind, &group)?;
    Ok(Json(administration.counts(&conversation, &uid).await?.into()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Read,
    /// Asked, in the group, and has not read.
    Unread,
    /// Asked, and left without reading.
    Left,
}

/// By the time of reading.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    #[default]
    Ascending,
    Descending,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Receipt {
    user_id: String,
    status: Status,
    /// When the first answer was accepted; only of those who have read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at_ms: Option<u64>,
}

impl From<ReceiptUser> for Receipt {
    fn from(found: ReceiptUser) -> Self {
        let status = match found.status {
            ReceiptStatus::Read => Status::Read,
            ReceiptStatus::Unread => Status::Unread,
            ReceiptStatus::Left => Status::Left,
        };
        Self { user_id: found.user.to_string(), status, read_at_ms: found.read_at.map(|at| at.0) }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Receipts {
    receipts: Vec<Receipt>,
    /// In the whole list.
    total: u32,
    /// For the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReceiptsPage {
    /// Left out, it is `RCDefault`; for a group it is not looked at.
    #[param(value_type = Option<ChannelId>)]
    channel: Option<String>,
    /// Only for those who have read; the same on every page of a list.
    #[param(inline)]
    order: Option<Order>,
    /// `next` of the page before.
    #[param(max_length = 9, pattern = "^[0-9]{1,9}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// List those who have read a message, those who have not, or those who left
#[utoipa::path(
    get, path = "/groups/{kind}/{group_id}/messages/{message_uid}/receipts/{status}", tag = "receipts",
    params(
        ("kind" = Kind, Path), ("group_id" = GroupId, Path), ("message_uid" = MessageUid, Path),
        ("status" = Status, Path), ReceiptsPage,
    ),
    responses((status = 200, description = "A page", body = Receipts), Refused)
)]
pub(super) async fn list_receipts(
    caller: Caller,
    Route((kind, group, uid, status)): Route<(Kind, String, String, Status)>,
    Search(page): Search<ReceiptsPage>,
) -> Answer<Receipts> {
    let administration = caller.enter(Scope::Receipts, "receipts.list")?;
    let conversation = conversation_name(named_group(&caller.app, kind, &group)?, page.channel.as_deref())?;
    let count = page_size(page.limit, caller.api.page_size_max)?;
    let list = match (status, page.order.unwrap_or_default()) {
        (Status::Read, Order::Ascending) => ReceiptList::OldestReaders,
        (Status::Read, Order::Descending) => ReceiptList::NewestReaders,
        (Status::Unread, _) => ReceiptList::Unread,
        (Status::Left, _) => ReceiptList::Left,
    };
    let from = cursors::number(page.cursor.as_deref())?.map_or_else(|| list.first(), |number| list.at(number));
    let found = administration.receipt_users(&conversation, &uid, UsersQuery { from, count }).await?;
    Ok(Json(Receipts {
        receipts: found.users.into_iter().map(Receipt::from).collect(),
        total: found.total,
        next: found.next.map(|place| place.number.to_string()),
    }))
}

/// Get one user's state
#[utoipa::path(
    get, path = "/groups/{kind}/{group_id}/messages/{message_uid}/receipt-of/{user_id}", tag = "receipts",
    params(
        ("kind" = Kind, Path), ("group_id" = GroupId, Path), ("message_uid" = MessageUid, Path),
        ("user_id" = UserId, Path), InChannel,
    ),
    responses((status = 200, description = "The state of a user who was asked", body = Receipt), Refused)
)]
pub(super) async fn get_receipt(
    caller: Caller,
    Route((kind, group, uid, user)): Route<(Kind, String, String, String)>,
    Search(channel): Search<InChannel>,
) -> Answer<Receipt> {
    let administration = caller.enter(Scope::Receipts, "receipts.get")?;
    let conversation = channel.conversation(&caller.app, kind, &group)?;
    Ok(Json(administration.receipt_of(&conversation, &uid, &user).await?.into()))
}

/// A message that was asked about, and how far it has been read.
#[derive(Serialize, ToSchema)]
pub(super) struct ReceiptRequest {
    message_uid: String,
    target: Target,
    requested_at_ms: u64,
    counts: ReceiptCounts,
}

impl From<&RequestProgress> for ReceiptRequest {
    fn from(request: &RequestProgress) -> Self {
        let name = &request.conversation;
        Self {
            message_uid: request.key.uid.to_string(),
            target: Target {
                kind: name.group.kind.into(),
                group_id: name.group.id.to_string(),
                channel: name.channel.as_ref().map(ToString::to_string),
            },
            requested_at_ms: request.requested_at_ms,
            counts: request.counts.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct ReceiptRequests {
    requests: Vec<ReceiptRequest>,
    /// For the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RequestsPage {
    /// `next` of the page before.
    #[param(max_length = 38, pattern = r"^[0-9A-Va-v]{4}-[0-9A-Va-v]{4}-[0-9A-Va-v]{4}-[0-9A-Va-v]{4}\.[0-9]{1,18}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// List what a user has asked about, with the progress of each; the newest messages first
///
/// What is in a group or a channel that is gone is left out, so a page may have fewer than it could.
#[utoipa::path(
    get, path = "/users/{user_id}/receipt-requests", tag = "receipts",
    params(("user_id" = UserId, Path), RequestsPage),
    responses((status = 200, description = "A page", body = ReceiptRequests), Refused)
)]
pub(super) async fn list_requests(
    caller: Caller,
    Route(user): Route<String>,
    Search(page): Search<RequestsPage>,
) -> Answer<ReceiptRequests> {
    let administration = caller.enter(Scope::Receipts, "receipts.requests")?;
    let size = page_size(page.limit, caller.api.page_size_max)?;
    let before = page.cursor.as_deref().map(cursors::message).transpose()?;
    let (found, last) = administration.requests_of(&caller.app, &user, before, size).await?;
    let next = last.map(cursors::message_cursor);
    Ok(Json(ReceiptRequests { requests: found.iter().map(ReceiptRequest::from).collect(), next }))
}
