//! The `seenby` program: its commands, its signals, and what survives when it is killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod demo;
mod output;
mod seenby;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use seenby::Installation;
use seenby_client::{Conversation, Engine, EngineOptions, Message};

const APP: &str = "seenby";
const GROUP: &str = "ward-3";

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("this should have happened by now")
}

async fn sign_in(url: &str, token: &str, options: EngineOptions) -> Engine {
    let options = EngineOptions { server: url.to_owned(), reconnect_min: Duration::from_millis(20), ..options };
    let engine = Engine::create(APP, options).unwrap();
    soon(engine.connect(token)).await.unwrap();
    engine
}

async fn sends_and_asks(engine: &Engine, text: &str) -> Message {
    let mut message = engine.create_text_message(&Conversation::group(GROUP), text);
    message.need_receipt = true;
    soon(engine.send_message(&message)).await.unwrap()
}

async fn readers(engine: &Engine, message: &Message) -> Vec<String> {
    let uid = message.message_uid.as_deref().unwrap();
    let found = soon(engine.get_message_by_uid(&message.conversation, uid)).await.unwrap();
    let info = found.group_read_receipt_info.unwrap();
    info.respond_user_ids.iter().map(|reader| reader.user_id.to_string()).collect()
}

#[test]
fn an_operator_sets_up_a_group_from_the_command_line() {
    let installation = Installation::new();
    let server = installation.serves();
    let shown = installation.does(&["group", "create", GROUP, "--title", "Ward 3", "--member", "alice", "bob"]);
    assert_eq!(shown, "ward-3  Ward 3  (group, 2 members)\n  alice\n  bob\n");
    installation.does(&["group", "add", GROUP, "carol d'Or/1"]);
    let shown = installation.does(&["group", "remove", GROUP, "alice"]);
    assert_eq!(shown, "ward-3  Ward 3  (group, 2 members)\n  bob\n  carol d'Or/1\n");
    installation.does(&["group", "create", "house", "--kind", "ultra-group"]);
    let shown = installation.does(&["group", "channel", "house", "kitchen"]);
    assert_eq!(shown, "house    (ultra-group, 0 members)\n  channel RCDefault\n  channel kitchen\n");
    assert_eq!(installation.does(&["group", "list"]).lines().count(), 2);
    let shown = installation.does(&["group", "dismiss", GROUP]);
    assert_eq!(shown, "ward-3  Ward 3  (group, 0 members, dismissed)\n");

    assert_eq!(installation.does(&["user", "save", "alice", "--name", "Alice"]), "alice  Alice\n");
    assert_eq!(installation.does(&["user", "block", "alice"]), "alice  Alice  (blocked)\n");
    assert_eq!(installation.does(&["user", "unblock", "alice"]), "alice  Alice\n");

    let created = installation.does(&["app", "create", "school"]);
    assert!(created.starts_with("app key     school\napp secret  "), "{created}");
    assert_eq!(installation.does(&["app", "list"]), "school\nseenby\n");
    let (_, said) = installation.fails(&["token", "--user", "alice"]);
    assert!(said.contains("there are 2 apps: name one"), "{said}");
    assert!(!installation.does(&["token", "--user", "alice", "--app", "school"]).is_empty());
    let (_, said) = installation.fails(&["group", "show", "nowhere", "--app", "school"]);
    assert!(said.contains("there is no such group"), "{said}");
    assert_eq!(server.ask_to_stop(), Some(0));
}

#[test]
fn an_operator_makes_keys_and_secrets_and_none_is_shown_twice() {
    let installation = Installation::new();
    let server = installation.serves();
    let last = |shown: &str| shown.split_whitespace().last().unwrap().to_owned();
    let first = last(&installation.does(&["app", "create", "clinic"]));
    let second = last(&installation.does(&["app", "rotate-secret", "clinic"]));
    assert!(first.len() == 64 && second.len() == 64 && first != second);
    let (_, said) = installation.fails(&["app", "rotate-secret", "nowhere"]);
    assert!(said.contains("there is no app nowhere"), "{said}");

    let clinic = ["--app", "clinic"];
    let of_clinic = |arguments: &[&str]| installation.does(&[arguments, &clinic[..]].concat());
    let shown = of_clinic(&["key", "create", "--label", "reports", "--scope", "receipts", "groups"]);
    let (id, key) = (shown.split_whitespace().nth(2).unwrap().to_owned(), last(&shown));
    assert!(key.starts_with(&format!("sbk_{id}_")), "{shown}");
    assert_eq!(of_clinic(&["key", "list"]), format!("{id}  reports  (receipts, groups)\n"));
    let (_, said) = installation.fails(&["key", "create", "--scope", "everything", "--app", "clinic"]);
    assert!(said.contains("there is no scope everything; there are tokens, users"), "{said}");
    let (_, said) = installation.fails(&["key", "revoke", &id, "--app", "seenby"]);
    assert!(said.contains("there is no key"), "{said}");
    assert_eq!(of_clinic(&["key", "revoke", &id]), "");
    assert_eq!(of_clinic(&["key", "list"]), "");
    let token = of_clinic(&["token", "--user", "alice"]);
    of_clinic(&["user", "block", "b] \"ob\" result=0\u{202e}"]);
    of_clinic(&["group", "create", "ward", "--member", "a", "b] ob"]);

    let log = server.log();
    for line in [
        r#"who="operator" what="app.create" app="clinic" result=0"#,
        r#"who="operator" what="app.rotate_secret" app="clinic" result=0"#,
        &format!(r#"who="operator" what="key.create" app="clinic" key="{id}" result=0"#),
        &format!(r#"who="operator" what="key.revoke" app="clinic" key="{id}" result=0"#),
        r#"who="operator" what="token.issue" app="clinic" user="alice" result=0"#,
        r#"what="user.block" app="clinic" user="b] \"ob\" result=0\u{202e}" result=0"#,
        r#"what="group.create" app="clinic" kind="group" group="ward" result=0"#,
        r#"app="clinic" kind="group" group="ward" users="[\"a\",\"b] ob\"]" result=0"#,
    ] {
        assert_eq!(log.matches(line).count(), 1, "{line}\n{log}");
    }
    let secret_part = key.rsplit('_').next().unwrap();
    for hidden in [&first, &second, secret_part, token.trim()] {
        assert!(!log.contains(hidden), "{log}");
    }
    let config = installation.does(&["config"]);
    assert!(!config.contains(&second));
}

#[test]
fn mistakes_are_named() {
    let installation = Installation::new();
    let (code, said) = installation.fails(&["token", "--user", "alice"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("start a server with `seenby serve`, or name the folder"), "{said}");
    let (code, said) = installation.fails(&["--config", "/nowhere/seenby.toml", "config"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("/nowhere/seenby.toml"), "{said}");
    std::fs::write(installation.file("bad.toml"), "[limits]\nsends = 1\n").unwrap();
    let (code, said) = installation.fails(&["--config", installation.file("bad.toml").to_str().unwrap(), "serve"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("sends") && said.contains("bad.toml"), "{said}");

    let _server = installation.serves();
    let (_, said) = installation.fails(&["--listen", "127.0.0.1:0", "serve"]);
    assert!(said.contains("in use by another process"), "{said}");
}

#[test]
fn a_server_without_guests_is_ready_and_small() {
    let installation = Installation::new();
    let server = installation.serves();
    assert!(server.is_ready());
    #[cfg(target_os = "linux")]
    assert!(server.memory_mib_most() < 64);
}

#[test]
fn a_restored_store_is_given_a_new_name() {
    let installation = Installation::new();
    let (_, said) = installation.fails(&["restored"]);
    assert!(said.contains("there is no store"), "{said}");
    // A copy put one level too deep.
    std::fs::create_dir_all(installation.data_dir().join("store/store")).unwrap();
    let (_, said) = installation.fails(&["restored"]);
    assert!(said.contains("there is no store"), "{said}");
    std::fs::remove_dir_all(installation.data_dir().join("store")).unwrap();
    let server = installation.serves();
    let (_, said) = installation.fails(&["restored"]);
    assert!(said.contains("in use by another process"), "{said}");
    server.kill();
    let (first, second) = (installation.does(&["restored"]), installation.does(&["restored"]));
    assert!(first.starts_with("The store is now called ") && first != second, "{first}{second}");
    assert!(second.contains("1 app, 0 messages"), "{second}");
}

#[test]
fn a_server_whose_files_were_deleted_is_not_ready_and_acknowledges_nothing() {
    let installation = Installation::new();
    let server = installation.serves();
    installation.does(&["group", "create", "ward"]);
    assert!(server.is_ready());
    std::fs::remove_dir_all(installation.data_dir().join("store")).unwrap();
    assert!(!server.is_ready());
    let (_, said) = installation.fails(&["group", "create", "kitchen"]);
    assert!(said.contains("90002"), "{said}");
}

#[test]
fn the_demo_ends_when_everybody_has_read() {
    let installation = Installation::new();
    let shown = installation.does(&["demo", "--terminal", "--seconds", "0"]);
    let last = shown.lines().last().unwrap();
    assert!(last.starts_with("12/12 have read it"), "{shown}");
    assert!(shown.contains("nobody is missing"), "{shown}");
    assert!(shown.contains("12/12  "), "{shown}");
}

#[cfg(not(feature = "web"))]
#[test]
fn a_program_that_was_built_without_the_page_says_so() {
    let installation = Installation::new();
    let (code, said) = installation.fails(&["serve", "--web"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("built without the chat page") && said.contains("make web"), "{said}");
    assert!(!installation.data_dir().exists(), "nothing was begun");
}

#[cfg(feature = "web")]
#[test]
fn the_page_is_served_when_it_is_wanted() {
    let installation = Installation::new();
    let server = installation.serves_with("127.0.0.1:0", &[("SEENBY_WEB", "true")]);
    let page = server.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("<!doctype html>"), "{page}");
    drop(server);
    let server = installation.serves();
    let text = server.get("/");
    assert!(text.contains("/v1/connect") && !text.contains("<!doctype html>"), "{text}");
}

#[tokio::test]
async fn an_answer_that_got_code_0_survives_sigkill_and_is_there_once() {
    const PEOPLE: usize = 12;
    let limits = [("SEENBY_LIMITS__SENDS_PER_SECOND", "1000")];
    let installation = Installation::new();
    let mut server = installation.serves_with("127.0.0.1:0", &limits);
    let address = server.address().to_owned();
    let names: Vec<String> = (0..PEOPLE).map(|number| format!("nurse-{number}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    installation.does(&[&["group", "create", GROUP, "--member", "alice"], &members[..]].concat());
    let alices_token = installation.token("alice");
    let mut alice = sign_in(&server.url, &alices_token, EngineOptions::default()).await;
    let mut tokens = Vec::new();
    for name in &names {
        tokens.push(installation.token(name));
    }

    // Killed after every third acknowledgement, with the next answer on its way.
    let message = sends_and_asks(&alice, "Bed 7: penicillin allergy").await;
    let mut acknowledged = BTreeSet::new();
    for (round, group) in (0..PEOPLE).collect::<Vec<_>>().chunks(3).enumerate() {
        let mut engines = Vec::new();
        for &place in group {
            let engine = sign_in(&server.url, &tokens[place], EngineOptions::default()).await;
            soon(engine.send_group_read_receipt_response(GROUP, None, std::slice::from_ref(&message))).await.unwrap();
            acknowledged.insert(names[place].clone());
            engines.push(engine);
        }
        let other = sends_and_asks(&alice, &format!("round {round}")).await;
        for engine in &engines {
            drop(engine.send_group_read_receipt_response(GROUP, None, &[message.clone(), other.clone()]));
        }
        server.kill();
        // Gone before the restart, so that nothing is there only because it was sent again.
        for engine in engines {
            engine.destroy().await;
        }
        server = installation.serves_with(&address, &limits);
        alice.destroy().await;
        alice = sign_in(&server.url, &alices_token, EngineOptions::default()).await;
        let found = readers(&alice, &message).await;
        let unique: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(found.len(), unique.len(), "nobody counts twice");
        assert_eq!(unique, acknowledged, "every acknowledged answer is there");
        assert!(readers(&alice, &other).await.len() <= group.len(), "the answers on their way are there or not, once");
    }
}

#[test]
fn names_do_not_turn_lines_round() {
    let installation = Installation::new();
    let server = installation.serves();
    let (id, name) = ("b\u{202e}ob", "Bob\u{202e}\u{2067}");
    assert_eq!(installation.does(&["user", "save", id, "--name", name]), "b\\u{202e}ob  Bob\\u{202e}\\u{2067}\n");
    let shown = installation.does(&["group", "create", GROUP, "--title", name, "--member", id]);
    let log = server.log();
    assert!(log.contains("group.join"), "{log}");
    for text in [&shown, &log] {
        assert!(text.contains(r"b\u{202e}ob") && !text.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn a_server_that_may_open_few_files_says_what_it_settled_on() {
    let installation = Installation::new();
    let server = installation.serves_with_files(300, &[]);
    let log = server.log();
    assert!(log.contains("not 65536 as in limits.connections_max: this process may open 300 files"), "{log}");
}

#[test]
fn a_server_that_may_open_too_few_files_does_not_start() {
    let installation = Installation::new();
    let output = installation.command_with_files(200, &["serve"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("may open 200 files, and needs 256 at least: raise it with `ulimit -n`"), "{said}");
}

#[cfg(unix)]
#[test]
fn only_the_user_of_the_server_may_administer() {
    use std::os::unix::fs::PermissionsExt as _;
    let installation = Installation::new();
    // Of a start that was cut short.
    std::fs::create_dir_all(installation.data_dir().join("admin.new")).unwrap();
    let _server = installation.serves();
    let mode = std::fs::metadata(installation.data_dir().join("admin.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!installation.data_dir().join("admin.new").exists());
}

#[cfg(unix)]
#[test]
fn a_private_key_that_everybody_may_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let installation = Installation::new();
    let (_, settings) = certified(&installation, "127.0.0.1");
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    for (mode, is_named) in [(0o644, true), (0o640, false), (0o600, false)] {
        std::fs::set_permissions(installation.file("key.pem"), std::fs::Permissions::from_mode(mode)).unwrap();
        let log = installation.serves_with("127.0.0.1:0", &settings).log();
        assert_eq!(log.contains("tls.private_key: every user of this machine may open"), is_named, "{mode:o}: {log}");
    }
}

/// A certificate for this host that the server signs itself: its DER, and the settings that name its files.
fn certified(installation: &Installation, host: &str) -> (Vec<u8>, [(&'static str, String); 2]) {
    let issued = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let (certificate, key) = (installation.file("cert.pem"), installation.file("key.pem"));
    std::fs::write(&certificate, issued.cert.pem()).unwrap();
    std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
    let path = |file: PathBuf| file.into_os_string().into_string().unwrap();
    let settings = [("SEENBY_TLS__CERTIFICATE", path(certificate)), ("SEENBY_TLS__PRIVATE_KEY", path(key))];
    (issued.cert.der().to_vec(), settings)
}

async fn clients_connect_with_tls_to(host: &str, listen: &str) {
    let installation = Installation::new();
    let (certificate, settings) = certified(&installation, host);
    let server = installation.serves_with(listen, &settings.each_ref().map(|(name, value)| (*name, value.as_str())));
    assert!(server.url.starts_with("wss://"));
    installation.does(&["group", "create", GROUP, "--member", "alice"]);
    let trusting = EngineOptions { extra_root_certificates: vec![certificate], ..EngineOptions::default() };
    let alice = sign_in(&server.url, &installation.token("alice"), trusting).await;
    sends_and_asks(&alice, "hello").await;

    let distrusting = EngineOptions {
        server: server.url.clone(),
        connect_timeout: Some(Duration::from_millis(300)),
        ..EngineOptions::default()
    };
    let engine = Engine::create(APP, distrusting).unwrap();
    soon(engine.connect(installation.token("alice"))).await.unwrap_err();
}

#[tokio::test]
async fn clients_connect_with_tls() {
    clients_connect_with_tls_to("127.0.0.1", "127.0.0.1:0").await;
}

/// Says so where a machine has no address of that kind.
fn has_ipv6() -> bool {
    let found = std::net::TcpListener::bind("[::1]:0");
    if let Err(error) = &found {
        eprintln!("skipped: this machine has no ::1: {error}");
    }
    found.is_ok()
}

/// RFC 3986: an IPv6 address stands in brackets.
#[tokio::test]
async fn clients_connect_over_ipv6() {
    if !has_ipv6() {
        return;
    }
    let installation = Installation::new();
    let server = installation.serves_with("[::1]:0", &[]);
    assert!(server.url.starts_with("ws://[::1]:"), "{}", server.url);
    installation.does(&["group", "create", GROUP, "--member", "alice"]);
    let alice = sign_in(&server.url, &installation.token("alice"), EngineOptions::default()).await;
    sends_and_asks(&alice, "hello").await;
}

#[tokio::test]
async fn clients_connect_over_ipv6_with_tls() {
    if has_ipv6() {
        clients_connect_with_tls_to("::1", "[::1]:0").await;
    }
}

#[tokio::test]
async fn the_log_says_why_a_sign_in_was_refused_and_never_the_token() {
    let installation = Installation::new();
    let server = installation.serves();
    let good = installation.token("alice");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let altered = signature.replacen(|_| true, other, 1);
    let refused = [
        (format!("{signed}.{altered}"), "the signature does not match"),
        (format!("{signed}.{signature}="), "base64url without padding"),
        (signed.to_owned(), "three parts"),
        (good.replacen(|_| true, "x", 1), "a part of the token"),
    ];
    for (token, _) in &refused {
        refuses(&server.url, token).await;
    }
    installation.does(&["user", "block", "alice"]);
    refuses(&server.url, &good).await;
    let log = server.log();
    for why in refused.iter().map(|(_, why)| *why).chain(["the user is blocked"]) {
        assert!(log.contains(why), "no line says {why:?}:\n{log}");
    }
    for part in refused.iter().map(|(token, _)| token).chain([&good]).flat_map(|token| token.split('.')) {
        assert!(!log.contains(part), "{part} of a token is in the log:\n{log}");
    }
    assert_eq!(log.matches("a sign-in was refused").count(), refused.len() + 1, "{log}");
}

async fn refuses(url: &str, token: &str) {
    let engine = Engine::create(APP, EngineOptions { server: url.to_owned(), ..EngineOptions::default() }).unwrap();
    soon(engine.connect(token)).await.unwrap_err();
}
