"""Drives a running Seenby as back ends do: with the vendor's own server SDKs, and with what its OpenAPI document allows.

Started by scripts/run-api-tests, which builds what is needed. Each step has a time limit, and only processes that were
started here are ended.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = ROOT / "target" / "debug"
SEENBY = PROGRAMS / "seenby"
READER = PROGRAMS / "examples" / "answer_receipts"

START_SECONDS = 60
STEP_SECONDS = 60
# Of the random calls; the fixed ones come before, and the whole step ends well within two minutes.
FUZZ_SECONDS = 45
# The same calls each time, as far as time allows; another number looks elsewhere.
FUZZ_SEED = os.environ.get("SEED", "1")
FUZZ_SECONDS_MAX = 120

APP = "clinic"


class Server:
    """A server of its own: a free port, a temporary store. Ends with the block."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        # The limits are tested elsewhere; here they would only slow the calls down.
        rates = {name: "100000" for name in ("TOKENS", "MESSAGES", "CALLS")}
        limits = {f"SEENBY_API__{name}_PER_SECOND": rate for name, rate in rates.items()}
        command = [*self.command(), "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "serve"]
        environment = {**os.environ, **limits, "NO_COLOR": "1"}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        self.log, self.started = [], threading.Event()
        threading.Thread(target=self.read_log, daemon=True).start()
        if not self.started.wait(START_SECONDS):
            self.__exit__()
            sys.exit(f"the server did not start: {''.join(self.log)}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STEP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"clients connect to ws://(\S+)", line):
                self.address = found[1]
                self.started.set()

    def command(self):
        return [SEENBY, "--data-dir", self.folder]

    def does(self, *arguments):
        return output_of([*self.command(), *arguments])

    def create_app(self):
        self.secret = self.does("app", "create", APP).split()[-1]

    def calls(self, method, path, body=None):
        """One call of our own interface that must succeed."""
        request = urllib.request.Request(
            f"http://{self.address}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {APP}:{self.secret}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=STEP_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")


def output_of(command, seconds=STEP_SECONDS, folder=HERE, **environment):
    """What a program prints that must succeed."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds, cwd=folder
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-20000:]}\n{done.stderr[-8000:]}")
    return done.stdout


def vendor(server, command, group):
    """An SDK makes users, a group and messages; a client signs in with its token, reads along and answers."""
    environment = {"API": f"http://{server.address}", "APP": APP, "SECRET": server.secret}
    made = json.loads(output_of(command, **environment).splitlines()[-1])
    message = f"/groups/group/{group}/messages/{made['uid']}"
    server.calls("PUT", f"{message}/receipt-request")
    said = output_of([READER, APP, made["tokens"]["bob"], f"ws://{server.address}"])
    assert "Bed 7 & 8: 青霉素过敏 100%" in said, said
    assert f"answered {made['uid']} of alice" in said, said
    counts = server.calls("GET", f"{message}/receipts")
    assert counts == {"read": 1, "unread": 0, "left": 0, "total": 1}, counts
    assert server.calls("GET", f"{message}/receipt-of/bob")["read_at_ms"] > 0


def vendor_node(server):
    vendor(server, ["node", "vendor_node.cjs"], "ward-3")
    # Its signature is made once in the life of a process, so another one has to send the wrong one.
    wrong = {"API": f"http://{server.address}", "APP": APP, "SECRET": "guessed"}
    output_of(["node", "vendor_node.cjs", "wrong-secret"], **wrong)


def vendor_python(server):
    vendor(server, [sys.executable, "vendor_python.py"], "ward-4")


def document(server):
    """Whatever the document allows is answered as the document says; what it forbids is refused."""
    server.calls("PUT", "/groups/group/fuzzed", {"title": "Fuzzed", "members": ["alice", "bob", "carol"]})
    target = {"kind": "group", "group_id": "fuzzed"}
    new = {"sender_id": "alice", "targets": [target], "content": {"text": "x"}, "need_receipt": True}
    uid = server.calls("POST", "/messages", new)["messages"][0]["message_uid"]
    schemathesis = pathlib.Path(sys.executable).with_name("st")
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "schemathesis.toml"
        config.write_text((HERE / "schemathesis.toml").read_text())
        environment = {
            "SEENBY_KEY": f"{APP}:{server.secret}", "SEENBY_GROUP": "fuzzed", "SEENBY_MESSAGE": uid,
            "PYTHONUTF8": "1", "HYPOTHESIS_STORAGE_DIRECTORY": folder,
        }
        print(
            output_of(
                [schemathesis, "--config-file", config, "run", f"http://{server.address}/api/v1/openapi.json",
                 "--checks", "all", "--max-time", str(FUZZ_SECONDS), "--seed", FUZZ_SEED, "--request-timeout", "10"],
                seconds=FUZZ_SECONDS_MAX,
                # It keeps notes of its own in the folder that it runs in.
                folder=folder,
                **environment,
            )[-1500:]
        )


def audit(server):
    """Each change has left a line that says who made it; no line holds a secret or a token."""
    log = "".join(server.log)
    for what in ("app.create", "token.issue", "user.save", "group.create", "message.publish", "receipt.request"):
        assert re.search(rf'audit.* what="{re.escape(what)}" app="clinic"', log), f"no line of {what}"
    assert re.search(r'what="message.publish" app="clinic" kind="group" group="ward-3" user="alice" message_uid="[-0-9A-Z]+"', log)
    assert 'who="app clinic"' in log and 'who="operator"' in log
    assert server.secret not in log and "eyJ" not in log


def main():
    steps = [vendor_node, vendor_python, audit, document]
    wanted = sys.argv[1:] or [step.__name__ for step in steps]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(Server(folder))
        server.create_app()
        for step in steps:
            if step.__name__ in wanted:
                step(server)
                print(f"{step.__name__}: ok", flush=True)
        assert server.process.poll() is None, "the server has ended"


main()
