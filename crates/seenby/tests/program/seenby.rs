//! The program as an operator runs it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_seenby");

fn program(data_dir: &Path) -> Command {
    configured(Command::new(PROGRAM), data_dir)
}

/// The same, where the process may open so many files.
fn program_with_files(data_dir: &Path, files: u64) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n $0 && exec \"$@\"", &files.to_string(), PROGRAM]);
    configured(command, data_dir)
}

fn configured(mut command: Command, data_dir: &Path) -> Command {
    command.env_clear().arg("--data-dir").arg(data_dir).args(["--ops-listen", "127.0.0.1:0"]);
    command
}

/// A folder for a server, and the commands that work on it.
pub(crate) struct Installation {
    folder: TempDir,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(&self.data_dir());
        command.args(arguments);
        command
    }

    /// The same, where the process may open so many files.
    pub(crate) fn command_with_files(&self, files: u64, arguments: &[&str]) -> Command {
        let mut command = program_with_files(&self.data_dir(), files);
        command.args(arguments);
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; gives what it printed.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "seenby {} failed: {errors}", arguments.join(" "));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail; gives its exit code and what it said.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        assert!(!output.status.success(), "seenby {} did not fail", arguments.join(" "));
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    pub(crate) fn token(&self, user: &str) -> String {
        self.does(&["token", "--user", user]).trim().to_owned()
    }

    pub(crate) fn serves(&self) -> Server {
        self.serves_with("127.0.0.1:0", &[])
    }

    pub(crate) fn serves_with(&self, listen: &str, environment: &[(&str, &str)]) -> Server {
        let mut command = program(&self.data_dir());
        command.args(["--listen", listen]).envs(environment.iter().copied());
        Self::serves_by(command)
    }

    /// A server that may open so many files.
    pub(crate) fn serves_with_files(&self, files: u64, environment: &[(&str, &str)]) -> Server {
        let mut command = self.command_with_files(files, &["--listen", "127.0.0.1:0"]);
        command.envs(environment.iter().copied());
        Self::serves_by(command)
    }

    fn serves_by(command: Command) -> Server {
        let (mut server, mut log) = starts(command);
        // Whoever writes a log that nobody reads will wait for ever one day.
        let heard = server.said.clone();
        server.listener = Some(std::thread::spawn(move || {
            let mut line = String::new();
            while log.read_line(&mut line).is_ok_and(|read| read > 0) {
                heard.lock().unwrap().push_str(&line);
                line.clear();
            }
        }));
        server
    }

    /// A server whose log is read until it has started, and then by nobody.
    pub(crate) fn serves_without_reader(&self) -> Server {
        let mut command = program(&self.data_dir());
        command.args(["--listen", "127.0.0.1:0"]);
        starts(command).0
    }
}

fn starts(mut command: Command) -> (Server, BufReader<ChildStderr>) {
    let mut child = command.arg("serve").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let (mut said, mut ops) = (String::new(), String::new());
    let url = loop {
        let start = said.len();
        let read = log.read_line(&mut said).unwrap();
        assert!(read > 0, "the server ended: {said}");
        if let Some((_, metrics)) = said[start..].split_once("metrics are at http://") {
            ops = metrics.trim().trim_end_matches("/metrics").to_owned();
        }
        if let Some((_, url)) = said[start..].split_once("clients connect to ") {
            break url.trim().to_owned();
        }
    };
    (Server { child, url, ops, said: Arc::new(Mutex::new(said)), listener: None }, log)
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    /// Where its metrics and health checks are.
    ops: String,
    said: Arc<Mutex<String>>,
    listener: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub(crate) fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// The whole response to a GET.
    #[cfg(feature = "web")]
    pub(crate) fn get(&self, path: &str) -> String {
        get(self.address(), path)
    }

    /// Whether it takes work.
    pub(crate) fn is_ready(&self) -> bool {
        get(&self.ops, "/readyz").starts_with("HTTP/1.1 200")
    }

    /// The most memory that it has held.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory_mib_most(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        most.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// SIGKILL: no last words, nothing written.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it, and gives all that it has written to its log.
    pub(crate) fn log(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.listener.take().unwrap().join().unwrap();
        self.said.lock().unwrap().clone()
    }

    /// `-STOP`, for example.
    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// SIGTERM; gives the exit code.
    pub(crate) fn ask_to_stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: seenby\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// SIGINT, as from Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
