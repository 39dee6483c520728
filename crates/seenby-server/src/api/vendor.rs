//! The vendor's server API, as far as its server SDKs reach what Seenby has: form bodies, signed headers, paths that end
//! in `.json`.
//!
//! Lenient where the SDKs in use need it: one signature for the life of a process, seconds or milliseconds, long nonces,
//! headers with or without `RC-`, parameters that nobody asked for, sloppy percent-encoding. Strict everywhere else.
//! Deliberately absent: everything that has no group receipts in it. It is answered with code 1007.

mod content;
mod form;
mod groups;
mod messages;
mod reply;
mod signature;
mod ultra_groups;
mod users;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use seenby_core::{AppKey, GroupKind, GroupName};

use self::form::Form;
use self::reply::{Fault, Reply};
use super::rates::{MESSAGES, TOKENS};
use super::{Api, body};
use crate::administration::{Actor, Administration, group_id};

/// The first part of every path that the vendor serves or has served.
const PREFIXES: [&str; 15] = [
    "chatroom",
    "conversation",
    "entrust",
    "friend",
    "group",
    "message",
    "push",
    "sensitive",
    "sensitiveword",
    "sms",
    "statusmessage",
    "ultragroup",
    "user",
    "v2",
    "wordfilter",
];

/// In any case: a mistake in a path of the vendor's is told as the vendor would, if not served.
pub(super) fn is_vendors(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let first = path.trim_start_matches('/').split(['/', '.']).next().unwrap_or_default();
    path.ends_with(".json") || PREFIXES.contains(&first)
}

pub(super) async fn serve(api: &Api, request: Request) -> Response {
    let answer = answer(api, request).await;
    if let Err(fault) = &answer {
        api.node.metrics.refused(fault.table_code());
    }
    reply::response(answer)
}

type Answer = Result<Reply, Fault>;

async fn answer(api: &Api, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    let call = Call::at(&without_doubled_slashes(head.uri.path()));
    let call = call.ok_or_else(|| Fault::not_served(head.uri.path()))?;
    if head.method != Method::POST {
        return Err(Fault::no_data("send the parameters by POST, as a form"));
    }
    let app = signature::verify(&head.headers, &api.administration).await?;
    super::keep_place(&head.extensions);
    let bytes = body::read(body, &api.settings).await?;
    let form = Form::read(&head.headers, &bytes)?;
    if form.is_empty() && !matches!(call, Call::BlockedUsers) {
        return Err(Fault::no_data("there is no data in the body"));
    }
    if call.rate() != MESSAGES {
        api.rates.check(&app, call.rate())?;
    }
    let administration = api.administration.acting_as(Actor::App(app.clone()));
    call.run(&Desk { api, app, administration }, &form).await
}

/// An address that ends in a slash, with a path behind it, is how many back ends are configured.
fn without_doubled_slashes(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty()).fold(String::new(), |path, part| path + "/" + part)
}

/// A call that was let in: whose it is, and what it works with.
struct Desk<'a> {
    api: &'a Api,
    app: AppKey,
    administration: Administration,
}

impl Desk<'_> {
    fn group(&self, kind: GroupKind, id: &str) -> Result<GroupName, Fault> {
        Ok(GroupName { app: self.app.clone(), kind, id: group_id(id)? })
    }

    /// Users named in one call.
    fn users_max(&self) -> usize {
        self.api.settings.users_per_call_max
    }
}

macro_rules! calls {
    ($($name:ident at $path:literal rated $rate:expr => $run:path;)*) => {
        #[derive(Debug, Clone, Copy)]
        enum Call {
            $($name,)*
        }

        impl Call {
            fn at(path: &str) -> Option<Self> {
                match path {
                    $($path => Some(Self::$name),)*
                    _ => None,
                }
            }

            fn rate(self) -> &'static str {
                match self {
                    $(Self::$name => $rate,)*
                }
            }

            async fn run(self, desk: &Desk<'_>, form: &Form) -> Answer {
                match self {
                    $(Self::$name => $run(desk, form).await,)*
                }
            }
        }
    };
}

calls! {
    GetToken at "/user/getToken.json" rated TOKENS => users::get_token;
    RefreshUser at "/user/refresh.json" rated "user.refresh" => users::refresh;
    UserInfo at "/user/info.json" rated "user.info" => users::info;
    CheckOnline at "/user/checkOnline.json" rated "user.checkOnline" => users::check_online;
    ExpireTokens at "/user/token/expire.json" rated "user.token.expire" => users::expire_tokens;
    BlockUser at "/user/block.json" rated "user.block" => users::block;
    UnblockUser at "/user/unblock.json" rated "user.unblock" => users::unblock;
    BlockedUsers at "/user/block/query.json" rated "user.block.query" => users::blocked;
    GroupsOfUser at "/user/group/query.json" rated "user.group.query" => users::groups;
    CreateGroup at "/group/create.json" rated "group.create" => groups::create;
    JoinGroup at "/group/join.json" rated "group.join" => groups::join;
    QuitGroup at "/group/quit.json" rated "group.quit" => groups::quit;
    DismissGroup at "/group/dismiss.json" rated "group.dismiss" => groups::dismiss;
    RefreshGroup at "/group/refresh.json" rated "group.refresh" => groups::refresh;
    SyncGroups at "/group/sync.json" rated "group.sync" => groups::sync;
    UsersOfGroup at "/group/user/query.json" rated "group.user.query" => groups::users;
    Publish at "/message/group/publish.json" rated MESSAGES => messages::publish;
    PublishToUltraGroups at "/message/ultragroup/publish.json" rated MESSAGES => messages::publish_to_ultra_groups;
    Recall at "/message/recall.json" rated "message.recall" => messages::recall;
    CreateUltraGroup at "/ultragroup/create.json" rated "ultragroup.create" => ultra_groups::create;
    JoinUltraGroup at "/ultragroup/join.json" rated "ultragroup.join" => ultra_groups::join;
    QuitUltraGroup at "/ultragroup/quit.json" rated "ultragroup.quit" => ultra_groups::quit;
    DismissUltraGroup at "/ultragroup/dis.json" rated "ultragroup.dis" => ultra_groups::dismiss;
    RefreshUltraGroup at "/ultragroup/refresh.json" rated "ultragroup.refresh" => ultra_groups::refresh;
    IsMemberOfUltraGroup at "/ultragroup/member/exist.json" rated "ultragroup.member.exist" => ultra_groups::is_member;
    MessagesOfUltraGroup at "/ultragroup/msg/get.json" rated "ultragroup.msg.get" => messages::of_ultra_group;
    CreateChannel at "/ultragroup/channel/create.json" rated "ultragroup.channel.create" => ultra_groups::create_channel;
    DeleteChannel at "/ultragroup/channel/del.json" rated "ultragroup.channel.del" => ultra_groups::delete_channel;
    Channels at "/ultragroup/channel/get.json" rated "ultragroup.channel.get" => ultra_groups::channels;
}
