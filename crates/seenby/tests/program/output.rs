//! What the program does when nobody reads what it writes, or when it cannot be written.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::net::UnixListener;
use std::process::{Output, Stdio};

use crate::seenby::Installation;

/// Runs a command whose output nobody reads: the other end of the pipe is closed before it begins.
fn into_closed_pipe(installation: &Installation, arguments: &[&str]) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    installation.command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap()
}

fn into_full_disk(installation: &Installation, arguments: &[&str]) -> Output {
    let full = File::options().write(true).open("/dev/full").unwrap();
    installation.command(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const PRINTING: [&[&str]; 7] = [
    &["config"],
    &["token", "--user", "alice"],
    &["app", "list"],
    &["user", "save", "alice"],
    &["user", "list"],
    &["group", "create", "ward-3", "--member", "alice"],
    &["group", "list"],
];

#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let installation = Installation::new();
    let _server = installation.serves();
    for arguments in PRINTING {
        let output = into_closed_pipe(&installation, arguments);
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {}", said(&output));
    }
    let demo = into_closed_pipe(&installation, &["demo", "--terminal", "--seconds", "0"]);
    assert!(demo.status.success() && demo.stderr.is_empty(), "{}", said(&demo));
}

#[test]
fn a_full_disk_is_an_error_that_is_named() {
    let installation = Installation::new();
    let _server = installation.serves();
    for arguments in PRINTING {
        let output = into_full_disk(&installation, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(said(&output), "seenby: No space left on device (os error 28)\n", "{arguments:?}");
    }
}

#[test]
fn a_secret_that_cannot_be_printed_is_not_lost_without_a_word() {
    let installation = Installation::new();
    let _server = installation.serves();
    for (arguments, advice) in [
        (&["app", "create", "clinic"][..], "run `seenby app rotate-secret clinic`"),
        (&["app", "rotate-secret", "clinic"], "run the command again"),
        (&["key", "create", "--app", "clinic", "--scope", "users"], "revoke the key that nobody has"),
    ] {
        let output = into_closed_pipe(&installation, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = said(&output);
        assert!(said.contains("cannot print what is shown once") && said.contains(advice), "{arguments:?}: {said}");
    }
}

/// A server that takes the call and ends.
fn ends_before_it_answers(installation: &Installation) -> std::thread::JoinHandle<()> {
    std::fs::create_dir_all(installation.data_dir()).unwrap();
    let socket = UnixListener::bind(installation.data_dir().join("admin.sock")).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        assert!(stream.read(&mut [0; 1_024]).unwrap() > 0);
    })
}

#[test]
fn a_secret_whose_answer_was_lost_can_be_made_anew() {
    for (arguments, advice) in [
        (&["app", "create", "clinic"][..], "run `seenby app rotate-secret clinic`"),
        (&["app", "rotate-secret", "clinic"], "the old secret may be void: run the command again"),
        (&["key", "create", "--app", "clinic", "--scope", "users"], "revoke the key that nobody has"),
    ] {
        let installation = Installation::new();
        let ends = ends_before_it_answers(&installation);
        let (code, said) = installation.fails(arguments);
        assert_eq!(code, Some(1));
        assert!(said.contains(advice) && said.contains("whether it was done is not known"), "{said}");
        ends.join().unwrap();
    }
}

#[test]
fn a_socket_that_does_not_answer_says_what_to_do() {
    let installation = Installation::new();
    std::fs::create_dir_all(installation.data_dir()).unwrap();
    let path = installation.data_dir().join("admin.sock");
    drop(UnixListener::bind(&path).unwrap());
    let (_, said) = installation.fails(&["app", "list"]);
    assert!(said.contains("the server that made this socket has ended"), "{said}");
}

#[test]
fn a_server_whose_log_nobody_reads_goes_on() {
    let installation = Installation::new();
    let server = installation.serves_without_reader();
    for member in ["alice", "bob"] {
        installation.does(&["group", "create", "ward-3", "--member", member]);
    }
    assert!(server.is_ready());
    assert_eq!(server.ask_to_stop(), Some(0));
}
