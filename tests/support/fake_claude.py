#!/usr/bin/env -S python3 -I -S
"""A fake ``claude`` with fault modes, for what the real one cannot be made to do.

A test copies it to ``<folder>/claude``. What it does is read at each start from
``<folder>/claude.mode`` (JSON; see ``DEFAULTS``), since the proxy gives its children an
environment of its own. Each start adds a line to ``<folder>/claude.calls``.
"""

import json
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SELF = os.path.join(HERE, "claude")
DEFAULTS = {
    "mode": "ok",
    "version": "2.1.330",
    "logged_in": True,
    "auth_method": "claude.ai",
    "email": "user@example.com",
    "seconds": 5.0,
    "times": None,  # how often the mode is what it says; then "ok"
}


def behaviour():
    try:
        with open(SELF + ".mode") as file:
            now = {**DEFAULTS, **json.load(file)}
    except FileNotFoundError:
        return DEFAULTS
    return now if now["times"] is None or is_due(now) else {**now, "mode": "ok"}


def is_due(now):
    """Tell whether this start is one of the ``times`` of a fault.

    Each time is one file taken: a counter would not survive a kill.
    """
    if sys.argv[1:2] == ["-p"]:
        return False
    question = "auth" if sys.argv[1:2] == ["auth"] else "version"
    if now["mode"].startswith("auth_") and question != "auth":
        return True
    for time_ in range(now["times"]):
        try:
            os.close(
                os.open(f"{SELF}.used.{now['mode']}.{time_}", os.O_CREAT | os.O_EXCL)
            )
        except FileExistsError:
            continue
        return True
    return False


def note(question, **more):
    call = {
        "argv": question,
        "pid": os.getpid(),
        "at": time.monotonic(),
        "names": sorted(os.environ),
        "values": sorted(os.environ.values()),
        "cwd": os.getcwd(),
        **more,
    }
    with open(SELF + ".calls", "a") as log:
        log.write(json.dumps(call) + "\n")


def answer(question, now):
    if question == ["--version"]:
        print(f"{now['version']} (Claude Code)")
        return 0
    if question != ["auth", "status"]:
        return 64
    if now["mode"] == "old":
        print("Not logged in · Please run /login")
        return 1
    logged_in = now["logged_in"] and now["mode"] != "logged_out"
    said = {"loggedIn": logged_in, "authMethod": "none", "apiProvider": "firstParty"}
    if logged_in:
        said |= {"authMethod": now["auth_method"], "email": now["email"]}
    print(json.dumps(said, indent=2))
    return 0 if logged_in else 1


def hang_hard(question):
    """Ignore SIGTERM, and leave a child behind in the same process group."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        time.sleep(3600)
    note(question, child=child)
    time.sleep(3600)


def misbehave(mode, question, now):
    """Do what the fault mode says; return an exit code, or None to answer after all."""
    if mode == "hang":
        time.sleep(3600)
    if mode == "slow":
        time.sleep(now["seconds"])
        return None
    if mode in ("garbage", "invalid_utf8", "flood", "empty"):
        noise = {"garbage": b"???\n", "invalid_utf8": b"\xff\xfe\n", "empty": b""}
        for _ in range(1600 if mode == "flood" else 1):
            os.write(1, noise.get(mode, b"x" * 65536))
        return 0
    if mode == "crash":
        sys.stderr.write("Traceback: sk-ant-secret-on-stderr\n")
        return 70
    if mode == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return None


def serve_requests(mode):
    """Take requests as a warm process does, and ask the upstream they name."""
    env, model, system = {}, None, ""
    for line in sys.stdin:
        said = json.loads(line)
        request = said.get("request", {})
        if request.get("subtype") == "apply_flag_settings":
            env |= request["settings"].get("env", {})
            model = request["settings"].get("model", model)
        if request.get("subtype") == "initialize":
            system = request["systemPrompt"][0]
        if request:
            tell(
                type="control_response",
                response={"subtype": "success", "request_id": said["request_id"]},
            )
        elif said["message"]["content"] != "/clear":
            body = {"model": model, "system": [{"type": "text", "text": system}]}
            own = {"messages": [said["message"]], "max_tokens": 32000}
            extra = json.loads(env["CLAUDE_CODE_EXTRA_BODY"])
            body |= {"stream": True, **(own if mode == "ignores_body" else extra)}
            if mode == "changes_body":
                body["temperature"] = 1
            for _ in range(2 if mode == "asks_twice" else 1):
                ask(body, env.get("ANTHROPIC_BETAS", ""), mode)
            tell(type="result", is_error=False)
        else:
            tell(type="result", is_error=False)


def ask(body, betas, mode):
    import http.client  # slow, and no question needs it
    from urllib.parse import urlsplit

    url = urlsplit(os.environ["ANTHROPIC_BASE_URL"])
    upstream = http.client.HTTPConnection(url.hostname, url.port)
    upstream.request(
        "POST",
        f"{url.path}/v1/messages?beta=true",
        json.dumps(body),
        {"anthropic-beta": betas},
    )
    answer = upstream.getresponse()
    for line in answer.read().decode().splitlines():
        if answer.status == 200 and line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            if mode != "changes_answer" or event["type"] != "content_block_delta":
                tell(type="stream_event", event=event)
    upstream.close()


def tell(**line):
    print(json.dumps(line), flush=True)


def main():
    question = sys.argv[1:]
    now = behaviour()
    mode = now["mode"]
    if mode == "hang_hard":
        hang_hard(question)
    note(question)
    if mode.startswith("auth_"):
        mode = mode.removeprefix("auth_") if question[:1] == ["auth"] else "ok"
    if mode.startswith("requests_"):
        mode = mode.removeprefix("requests_") if question[:1] == ["-p"] else "ok"
    if question[:1] == ["-p"]:
        mode = "ok" if mode == "slow" else mode  # slow to answer questions only
        return misbehave(mode, question, now) or serve_requests(mode)
    code = misbehave(mode, question, now)
    return answer(question, now) if code is None else code


if __name__ == "__main__":
    sys.exit(main())
