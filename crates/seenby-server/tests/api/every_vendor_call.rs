//! What holds for every call of the vendor's interface, from one table.

use crate::back_end::{BackEnd, signed};
use crate::peer::{APP, GROUP, TestServer};

/// How often a parameter may stand in a form.
#[derive(Clone, Copy, PartialEq)]
enum Times {
    Once,
    OnceOrNever,
    Often,
}
use Times::{Often, Once, OnceOrNever};

struct VendorCall {
    path: &'static str,
    /// Name, a good value, and how often.
    form: &'static [(&'static str, &'static str, Times)],
    /// The parameter that names a group which must be there.
    group: Option<&'static str>,
}

const fn call(
    path: &'static str,
    form: &'static [(&'static str, &'static str, Times)],
    group: Option<&'static str>,
) -> VendorCall {
    VendorCall { path, form, group }
}

const MESSAGE: &str = r#"{"content":"hello"}"#;

/// A well-formed id that no message has.
const NO_MESSAGE: &str = r#"[{"msgUID":"0000-0000-0000-0000"}]"#;

/// Every path that the vendor's server SDKs know, without `.json`.
const KNOWN_PATHS: &str = include_str!("vendor_paths.txt");

#[rustfmt::skip]
const CALLS: [VendorCall; 29] = [
    call("/user/getToken.json", &[("userId", "alice", Once), ("name", "Alice", OnceOrNever), ("portraitUri", "p", OnceOrNever)], None),
    call("/user/refresh.json", &[("userId", "alice", Once), ("name", "Alice", OnceOrNever)], None),
    call("/user/info.json", &[("userId", "alice", Once)], None),
    call("/user/checkOnline.json", &[("userId", "alice", Once)], None),
    call("/user/token/expire.json", &[("userId", "dave", Often), ("time", "1600000000000", Once)], None),
    call("/user/block.json", &[("userId", "dave", Once), ("minute", "1", Once)], None),
    call("/user/block/query.json", &[], None),
    call("/user/unblock.json", &[("userId", "dave", Often)], None),
    call("/user/group/query.json", &[("userId", "alice", Once)], None),
    call("/group/create.json", &[("userId", "alice", Often), ("groupId", "new", Once), ("groupName", "New", Once)], None),
    call("/group/join.json", &[("userId", "dave", Often), ("groupId", GROUP, Once), ("groupName", "Ward 3", OnceOrNever)], Some("groupId")),
    call("/group/quit.json", &[("userId", "dave", Often), ("groupId", GROUP, Once)], Some("groupId")),
    call("/group/refresh.json", &[("groupId", GROUP, Once), ("groupName", "Ward 3", Once)], Some("groupId")),
    call("/group/sync.json", &[("userId", "erin", Once), ("group[school]", "School", OnceOrNever)], None),
    call("/group/user/query.json", &[("groupId", GROUP, Once)], Some("groupId")),
    call("/message/group/publish.json", &[("fromUserId", "alice", Once), ("toGroupId", GROUP, Often), ("objectName", "RC:TxtMsg", Once), ("content", MESSAGE, Once), ("isIncludeSender", "1", OnceOrNever), ("needReadReceipt", "1", OnceOrNever), ("msgRandom", "7", OnceOrNever)], Some("toGroupId")),
    call("/message/recall.json", &[("fromUserId", "alice", Once), ("conversationType", "3", Once), ("targetId", GROUP, Once), ("messageUID", UID, Once), ("busChannel", "news", OnceOrNever)], Some("targetId")),
    call("/ultragroup/create.json", &[("userId", "alice", Once), ("groupId", "house", Once), ("groupName", "House", Once)], None),
    call("/ultragroup/join.json", &[("userId", "bob", Once), ("groupId", "house", Once)], Some("groupId")),
    call("/ultragroup/quit.json", &[("userId", "bob", Once), ("groupId", "house", Once)], Some("groupId")),
    call("/ultragroup/channel/create.json", &[("groupId", "house", Once), ("busChannel", "news", Once), ("type", "0", OnceOrNever)], Some("groupId")),
    call("/ultragroup/channel/get.json", &[("groupId", "house", Once), ("page", "1", OnceOrNever), ("limit", "20", OnceOrNever)], Some("groupId")),
    call("/message/ultragroup/publish.json", &[("fromUserId", "alice", Once), ("toGroupIds", "house", Often), ("busChannel", "news", OnceOrNever), ("objectName", "RC:TxtMsg", Once), ("content", MESSAGE, Once), ("needReadReceipt", "1", OnceOrNever), ("msgRandom", "7", OnceOrNever)], Some("toGroupIds")),
    call("/ultragroup/refresh.json", &[("groupId", "house", Once), ("groupName", "House", Once)], Some("groupId")),
    call("/ultragroup/member/exist.json", &[("groupId", "house", Once), ("userId", "alice", Once)], Some("groupId")),
    call("/ultragroup/msg/get.json", &[("groupId", "house", Once), ("busChannel", "news", OnceOrNever), ("msgs", NO_MESSAGE, Once)], Some("groupId")),
    call("/ultragroup/channel/del.json", &[("groupId", "house", Once), ("busChannel", "news", Once)], Some("groupId")),
    call("/ultragroup/dis.json", &[("groupId", "house", Once)], Some("groupId")),
    call("/group/dismiss.json", &[("userId", "alice", Once), ("groupId", GROUP, Once)], Some("groupId")),
];

/// Stands for the id of a message that is there.
const UID: &str = "<uid>";

impl VendorCall {
    fn good<'a>(&self, uid: &'a str) -> Vec<(&'a str, &'a str)> {
        let value = |value: &'static str| if value == UID { uid } else { value };
        self.form.iter().map(|(name, good, _)| (*name, value(good))).collect()
    }

    fn with<'a>(&self, uid: &'a str, name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut form = self.good(uid);
        form.iter_mut().filter(|(found, _)| *found == name).for_each(|(_, found)| *found = value);
        form
    }
}

async fn prepared(server: &TestServer) -> (BackEnd<'_>, String) {
    let back_end = BackEnd::of(server).await;
    let uid = back_end.publishes("hello", false).await;
    back_end.works("PUT", "/groups/ultra-group/house", serde_json::json!({ "title": "House" })).await;
    back_end.works("PUT", "/users/alice", serde_json::json!({ "name": "Alice" })).await;
    (back_end, uid)
}

/// Each test makes more calls in a second than a back end may.
async fn unhurried() -> TestServer {
    TestServer::with(|settings| {
        settings.api.calls_per_second = 10_000;
        settings.api.messages_per_second = 10_000;
        settings.api.tokens_per_second = 10_000;
    })
    .await
}

#[tokio::test]
async fn every_call_works_as_a_back_end_makes_it() {
    let server = unhurried().await;
    let (back_end, uid) = prepared(&server).await;
    for call in &CALLS {
        let response = back_end.posts(call.path, &call.good(&uid)).await;
        assert_eq!(response.outcome(), (200, 200), "{}: {}", call.path, response.body);
        assert_eq!(response.header("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[tokio::test]
async fn every_other_path_of_the_vendors_is_1007() {
    let server = unhurried().await;
    let back_end = BackEnd::of(&server).await;
    let known: Vec<String> = KNOWN_PATHS.lines().map(|path| format!("{path}.json")).collect();
    let is_served = |path: &String| CALLS.iter().any(|call| call.path == path);
    assert_eq!(known.iter().filter(|path| is_served(path)).count(), CALLS.len(), "each call is one of the vendor's");
    for path in known.iter().filter(|path| !is_served(path)) {
        let response = back_end.posts(path, &[("userId", "alice")]).await;
        assert_eq!(response.outcome(), (401, 1007), "{path}: {}", response.body);
        assert!(response.json()["errorMessage"].as_str().unwrap().contains(path.as_str()), "{}", response.body);
    }
}

#[tokio::test]
async fn a_bad_signature_is_401_with_1004_and_does_nothing() {
    let server = unhurried().await;
    let (back_end, uid) = prepared(&server).await;
    let good = back_end.signed();
    let mut bad = vec![
        signed(APP, "guessed", "1", "2", ""),
        signed("nobody", &back_end.secret, "1", "2", ""),
        signed("nobody", "", "1", "2", ""),
        signed(APP, &back_end.secret, "1", "soon", ""),
        signed(APP, &back_end.secret, &"9".repeat(65), "2", ""),
        // Under both names, and not the same.
        [good.clone(), signed(APP, "guessed", "1", "2", "RC-")].concat(),
        [good.clone(), vec![("Nonce".to_owned(), "7".to_owned())]].concat(),
    ];
    for missing in 0..good.len() {
        let mut headers = good.clone();
        headers.remove(missing);
        bad.push(headers);
    }
    let mut cut = good.clone();
    cut[3].1.pop();
    bad.push(cut);
    for call in &CALLS {
        for headers in &bad {
            let response = back_end.posts_with(call.path, headers, &call.good(&uid)).await;
            assert_eq!(response.outcome(), (401, 1004), "{} {headers:?}: {}", call.path, response.body);
        }
    }
    assert_eq!(back_end.gets("/groups").await["groups"].as_array().unwrap().len(), 2, "nothing was made or ended");
}

#[tokio::test]
async fn a_parameter_that_is_missing_or_repeated_is_1002() {
    let server = unhurried().await;
    let (back_end, uid) = prepared(&server).await;
    for call in &CALLS {
        for (name, _, times) in call.form {
            let good = call.good(&uid);
            let mut without: Vec<_> = good.iter().copied().filter(|(found, _)| found != name).collect();
            // A form with nothing in it is another fault.
            without.push(("unknown", "1"));
            let response = back_end.posts(call.path, &without).await;
            if *times != OnceOrNever {
                assert_eq!(response.outcome(), (400, 1002), "{} without {name}: {}", call.path, response.body);
                assert!(response.json()["errorMessage"].as_str().unwrap().contains(name));
            }
            let value = good.iter().find(|(found, _)| found == name).unwrap().1;
            let twice = [good, vec![(name, value)]].concat();
            let response = back_end.posts(call.path, &twice).await;
            if *times != Often {
                assert_eq!(response.outcome(), (400, 1002), "{} with {name} twice: {}", call.path, response.body);
            }
        }
    }
}

#[tokio::test]
async fn no_data_at_all_is_1003() {
    let server = unhurried().await;
    let (back_end, _) = prepared(&server).await;
    for call in &CALLS {
        let without_data = if call.form.is_empty() { (200, 200) } else { (400, 1003) };
        assert_eq!(back_end.posts(call.path, &[]).await.outcome(), without_data, "{}", call.path);
        let headers = back_end.signed();
        let got = crate::back_end::request(&server, "GET", call.path, &headers, b"").await;
        assert_eq!(got.outcome(), (400, 1003), "GET {}", call.path);
    }
}

#[tokio::test]
async fn an_id_that_is_too_long_is_1005() {
    let server = unhurried().await;
    let (back_end, uid) = prepared(&server).await;
    let long = "x".repeat(65);
    let mut checked = 0;
    for call in &CALLS {
        for (name, _, _) in call.form.iter().filter(|(name, ..)| name.ends_with("Id")) {
            let response = back_end.posts(call.path, &call.with(&uid, name, &long)).await;
            assert_eq!(response.outcome(), (400, 1005), "{} {name}: {}", call.path, response.body);
            checked += 1;
        }
    }
    assert!(checked >= CALLS.len(), "every call names somebody or something");
    let sync = [("userId", "alice"), (&*format!("group[{long}]"), "Long")];
    assert_eq!(back_end.posts("/group/sync.json", &sync).await.outcome(), (400, 1005));
    let channel = [("groupId", "house"), ("busChannel", &long)];
    assert_eq!(back_end.posts("/ultragroup/channel/create.json", &channel).await.outcome(), (400, 1005));
}

#[tokio::test]
async fn an_unknown_group_is_1002() {
    let server = unhurried().await;
    let (back_end, uid) = prepared(&server).await;
    for call in &CALLS {
        let Some(group) = call.group else { continue };
        let response = back_end.posts(call.path, &call.with(&uid, group, "nowhere")).await;
        assert_eq!(response.outcome(), (400, 1002), "{}: {}", call.path, response.body);
    }
}

#[tokio::test]
async fn another_apps_group_is_an_unknown_group() {
    let server = unhurried().await;
    let (clinic, uid) = prepared(&server).await;
    server.administration().create_app("school").await.unwrap();
    let school = BackEnd::of_app(&server, "school").await;
    let before = (clinic.gets("/groups").await, clinic.gets("/groups/group/ward-3/members").await);
    for call in &CALLS {
        if call.group.is_some() {
            let response = school.posts(call.path, &call.good(&uid)).await;
            assert_eq!(response.outcome(), (400, 1002), "{}: {}", call.path, response.body);
        }
    }
    // Calls that make something make it in the own app.
    for path in ["/group/create.json", "/ultragroup/create.json"] {
        let form = [("userId", "mallory"), ("groupId", GROUP), ("groupName", "Taken over")];
        assert_eq!(school.posts(path, &form).await.outcome(), (200, 200));
    }
    let after = (clinic.gets("/groups").await, clinic.gets("/groups/group/ward-3/members").await);
    assert_eq!(before, after);
    assert!(clinic.gets(&format!("/groups/group/{GROUP}/messages/{uid}")).await["content"].is_object());
}
