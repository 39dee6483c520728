//! `seenby token`, `app`, `key`, `user` and `group`: calls to the administration socket, with answers for people.

use hyper::Method;
use seenby_server::Settings;
use serde_json::{Value, json};

use crate::admin_client::AdminClient;
use crate::cli::{AppCommand, GroupArguments, GroupCommand, GroupKind, InApp, KeyCommand, TokenOptions, UserCommand};

/// Prints the token alone, so that a script can take it.
pub async fn token(settings: &Settings, options: TokenOptions) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, options.app.app);
    let body = json!({ "user": options.user, "lifetime_seconds": options.days * 24 * 60 * 60 });
    let made = client.send(Method::POST, &["tokens"], &body).await?;
    println!("{}", text(&made["token"]));
    Ok(())
}

pub async fn app(settings: &Settings, command: AppCommand) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, None);
    match command {
        AppCommand::Create { key } => {
            print_secret(&client.send(Method::POST, &["apps"], &json!({ "key": key })).await?);
        }
        AppCommand::RotateSecret { key } => {
            print_secret(&client.send(Method::POST, &["apps", &key, "secret"], &json!({})).await?);
        }
        AppCommand::List => {
            for key in list(&client.get(&["apps"], &[]).await?["apps"]) {
                println!("{}", text(key));
            }
        }
    }
    Ok(())
}

fn print_secret(app: &Value) {
    println!("app key     {}\napp secret  {}", text(&app["key"]), text(&app["secret"]));
}

pub async fn key(settings: &Settings, app: InApp, command: KeyCommand) -> anyhow::Result<()> {
    let client = AdminClient::new(settings, app.app);
    match command {
        KeyCommand::Create { label, scopes } => {
            let body = json!({ "label": label, "scopes": scopes });
            let made = client.send(Method::POST, &["keys"], &body).await?;
            println!("key id  {}\nkey     {}", text(&made["id"]), text(&made["key"]));
        }
        KeyCommand::List => {
            for key in list(&client.get(&["keys"], &[]).await?["keys"]) {
                let scopes: Vec<_> = list(&key["scopes"]).iter().map(text).collect();
                println!("{}  {}  ({})", text(&key["id"]), text(&key["label"]), scopes.join(", "));
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
    print_user(&client.send(Method::PUT, &["users", &id], &change).await?);
    Ok(())
}

async fn list_users(client: &AdminClient) -> anyhow::Result<()> {
    let mut after = None::<String>;
    loop {
        let query = after.as_deref().map(|after| ("after", after));
        let page = client.get(&["users"], query.as_slice()).await?;
        let users = list(&page["users"]);
        let Some(last) = users.last() else { return Ok(()) };
        after = Some(text(&last["id"]).to_owned());
        users.iter().for_each(print_user);
    }
}

fn print_user(user: &Value) {
    let blocked = if user["blocked"] == true { "  (blocked)" } else { "" };
    println!("{}  {}{blocked}", text(&user["id"]), text(&user["name"]));
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
        groups.iter().for_each(print_group);
    }
}

fn print_group(group: &Value) {
    let dismissed = if group["dismissed"] == true { ", dismissed" } else { "" };
    let (id, title, kind) = (text(&group["id"]), text(&group["title"]), text(&group["kind"]));
    println!("{id}  {title}  ({kind}, {} members{dismissed})", group["member_count"]);
}

async fn show(client: &AdminClient, group: &GroupArguments) -> anyhow::Result<()> {
    let shown = client.get(&path(group), &[]).await?;
    print_group(&shown);
    for channel in list(&shown["channels"]) {
        println!("  channel {}", text(channel));
    }
    let path = [&path(group)[..], &["members"]].concat();
    let mut from = Some("0".to_owned());
    while let Some(place) = from {
        let page = client.get(&path, &[("from", &place)]).await?;
        for member in list(&page["members"]) {
            println!("  {}", text(member));
        }
        from = page["next"].as_u64().map(|next| next.to_string());
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
