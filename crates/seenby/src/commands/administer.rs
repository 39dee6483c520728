//! `seenby token`, `app`, `key`, `user` and `group`: calls to the administration socket, with answers for people.

use std::io;

use hyper::Method;
use seenby_server::Settings;
use serde_json::{Value, json};

use crate::admin_client::AdminClient;
use crate::cli::{AppCommand, GroupArguments, GroupCommand, GroupKind, InApp, KeyCommand, TokenOptions, UserCommand};
use crate::http_client::Unanswered;
use crate::output::{harmless, line};

/// Prints the token alone, so that a script can take it.
pub async fn token(settings: &Settings, options: TokenOptions) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, options.app.app);
    let body = json!({ "user": options.user, "lifetime_seconds": options.days * 24 * 60 * 60 });
    let made = client.send(Method::POST, &["tokens"], &body).await?;
    Ok(line!("{}", text(&made["token"]))?)
}

pub async fn app(settings: &Settings, command: AppCommand) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, None);
    match command {
        AppCommand::Create { key } => {
            let advice = format!(
                "if `seenby app list` shows {key}, run `seenby app rotate-secret {key}`, else this command again"
            );
            print_once(client.send(Method::POST, &["apps"], &json!({ "key": key })).await, secret, &advice)
        }
        AppCommand::RotateSecret { key } => {
            let made = client.send(Method::POST, &["apps", &key, "secret"], &json!({})).await;
            print_once(made, secret, "the old secret may be void: run the command again")
        }
        AppCommand::List => {
            let apps = client.get(&["apps"], &[]).await?;
            Ok(list(&apps["apps"]).iter().try_for_each(|key| line!("{}", shown(key)))?)
        }
    }
}

fn secret(app: &Value) -> String {
    format!("app key     {}\napp secret  {}", text(&app["key"]), text(&app["secret"]))
}

/// Prints what the server shows once. When it is lost on the way, nobody has it: `advice` says what to do then.
fn print_once(made: anyhow::Result<Value>, shown: fn(&Value) -> String, advice: &str) -> anyhow::Result<()> {
    let made = made.map_err(|error| match error.is::<Unanswered>() {
        true => error.context(advice.to_owned()),
        false => error,
    })?;
    // Not passed on as an I/O error: a reader that went away is no reason to be quiet here.
    line!("{}", shown(&made)).map_err(|error| anyhow::anyhow!("cannot print what is shown once ({error}): {advice}"))
}

pub async fn key(settings: &Settings, app: InApp, command: KeyCommand) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, app.app);
    match command {
        KeyCommand::Create { label, scopes } => {
            let body = json!({ "label": label, "scopes": scopes });
            let id_and_key = |made: &Value| format!("key id  {}\nkey     {}", text(&made["id"]), text(&made["key"]));
            let advice = "revoke the key that nobody has, if `seenby key list` shows one, and run the command again";
            print_once(client.send(Method::POST, &["keys"], &body).await, id_and_key, advice)?;
        }
        KeyCommand::List => {
            for key in list(&client.get(&["keys"], &[]).await?["keys"]) {
                let scopes: Vec<_> = list(&key["scopes"]).iter().map(text).collect();
                line!("{}  {}  ({})", text(&key["id"]), shown(&key["label"]), scopes.join(", "))?;
            }
        }
        KeyCommand::Revoke { id } => drop(client.send(Method::DELETE, &["keys", &id], &json!({})).await?),
    }
    Ok(())
}

pub async fn user(settings: &Settings, app: InApp, command: UserCommand) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, app.app);
    let (id, change) = match command {
        UserCommand::List => return list_users(&client).await,
        UserCommand::Save { id, name } => (id, json!({ "name": name })),
        UserCommand::Block { id } => (id, json!({ "blocked": true })),
        UserCommand::Unblock { id } => (id, json!({ "blocked": false })),
    };
    Ok(print_user(&client.send(Method::PUT, &["users", &id], &change).await?)?)
}

async fn list_users(client: &AdminClient) -> anyhow::Result<()> {
    let mut after = None::<String>;
    loop {
        let query = after.as_deref().map(|after| ("after", after));
        let page = client.get(&["users"], query.as_slice()).await?;
        let users = list(&page["users"]);
        let Some(last) = users.last() else { return Ok(()) };
        after = Some(text(&last["id"]).to_owned());
        users.iter().try_for_each(print_user)?;
    }
}

fn print_user(user: &Value) -> io::Result<()> {
    let blocked = if user["blocked"] == true { "  (blocked)" } else { "" };
    line!("{}  {}{blocked}", shown(&user["id"]), shown(&user["name"]))
}

pub async fn group(settings: &Settings, app: InApp, command: GroupCommand) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, app.app);
    match command {
        GroupCommand::Create { group, title, members } => {
            client.send(Method::PUT, &path(&group), &json!({ "title": title })).await?;
            if !members.is_empty() {
                change_members(&client, Method::POST, &group, &members).await?;
            }
            show(&client, &group).await
        }
        GroupCommand::List => list_groups(&client).await,
        GroupCommand::Show { group } => show(&client, &group).await,
        GroupCommand::Add { group, members } => {
            change_members(&client, Method::POST, &group, &members).await?;
            show(&client, &group).await
        }
        GroupCommand::Remove { group, members } => {
            change_members(&client, Method::DELETE, &group, &members).await?;
            show(&client, &group).await
        }
        GroupCommand::Channel { id, channel } => {
            let group = GroupArguments { id, kind: GroupKind::UltraGroup };
            let path = [&path(&group)[..], &["channels"]].concat();
            client.send(Method::POST, &path, &json!({ "channel": channel })).await?;
            show(&client, &group).await
        }
        GroupCommand::Dismiss { group } => {
            client.send(Method::DELETE, &path(&group), &json!({})).await?;
            show(&client, &group).await
        }
    }
}

fn path(group: &GroupArguments) -> [&str; 3] {
    let kind = match group.kind {
        GroupKind::Group => "group",
        GroupKind::UltraGroup => "ultra-group",
    };
    ["groups", kind, &group.id]
}

async fn change_members(
    client: &AdminClient,
    method: Method,
    group: &GroupArguments,
    members: &[String],
) -> anyhow::Result<()> {
    let path = [&path(group)[..], &["members"]].concat();
    client.send(method, &path, &json!({ "users": members })).await.map(drop)
}

async fn list_groups(client: &AdminClient) -> anyhow::Result<()> {
    let mut after = None::<(String, String)>;
    loop {
        let query = after.as_ref().map(|(kind, id)| [("after_kind", kind.as_str()), ("after", id.as_str())]);
        let page = client.get(&["groups"], query.as_ref().map_or(&[][..], |query| query)).await?;
        let groups = list(&page["groups"]);
        let Some(last) = groups.last() else { return Ok(()) };
        after = Some((text(&last["kind"]).to_owned(), text(&last["id"]).to_owned()));
        groups.iter().try_for_each(print_group)?;
    }
}

fn print_group(group: &Value) -> io::Result<()> {
    let dismissed = if group["dismissed"] == true { ", dismissed" } else { "" };
    let (id, title, kind) = (shown(&group["id"]), shown(&group["title"]), text(&group["kind"]));
    line!("{id}  {title}  ({kind}, {} members{dismissed})", group["member_count"])
}

async fn show(client: &AdminClient, group: &GroupArguments) -> anyhow::Result<()> {
    let found = client.get(&path(group), &[]).await?;
    print_group(&found)?;
    for channel in list(&found["channels"]) {
        line!("  channel {}", shown(channel))?;
    }
    let path = [&path(group)[..], &["members"]].concat();
    let mut from = Some("0".to_owned());
    while let Some(place) = from {
        let page = client.get(&path, &[("from", &place)]).await?;
        for member in list(&page["members"]) {
            line!("  {}", shown(member))?;
        }
        from = page["next"].as_u64().map(|next| next.to_string());
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// For people.
fn shown(value: &Value) -> String {
    harmless(text(value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
