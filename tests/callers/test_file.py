"""The file of named keys: read strictly, and never shown."""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.callers.caller import Allowance
from app.callers.file import UnusableFile, parse, read_callers
from tests.support.keys import ALICE, BOB


def problems_of(text: bytes, **more) -> list[str]:
    with pytest.raises(UnusableFile) as caught:
        parse(text, **more)
    return caught.value.problems


def test_a_line_is_a_name_and_a_key():
    text = f"# ours\n\nalice {ALICE}\r\n  bob\t{BOB}  # till May\n".encode()
    alice, bob = parse(text)
    assert (alice.name, bob.name) == ("alice", "bob")
    assert alice.digest == hashlib.sha256(ALICE.encode()).digest()
    assert bob.allowance == Allowance(None, None, None)


def test_limits_follow_in_any_order():
    line = f"alice {ALICE} tokens-per-day=1000000 parallel=4 per-minute=60"
    assert parse(line.encode())[0].allowance == Allowance(4, 60, 1_000_000)


def test_a_key_may_hold_what_opens_a_comment():
    key = "#" + ALICE
    assert parse(f"a {key}".encode())[0].digest == hashlib.sha256(key.encode()).digest()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"Alice {ALICE}", "A name is"),
        (f"{'a' * 33} {ALICE}", "A name is"),
        (f"key {ALICE}", "the proxy's own"),
        (f"local {ALICE}", "the proxy's own"),
        ("alice", "comes its key"),
        ("alice short", "comes its key"),
        ("alice schlüssel-0123456789", "comes its key"),
        (f"alice {ALICE} parallel", "come its limits"),
        (f"alice {ALICE} parallel=0", "come its limits"),
        (f"alice {ALICE} parallel=1025", "come its limits"),
        (f"alice {ALICE} parallel=4 parallel=4", "come its limits"),
        (f"alice {ALICE} per-hour=4", "come its limits"),
        (f"alice {ALICE} per-minute={'9' * 5000}", "come its limits"),
    ],
)
def test_a_bad_line_is_told_by_its_number(line: str, said: str):
    (problem,) = problems_of(f"# ours\n\n{line}\nbob {BOB}\n".encode())
    assert problem.startswith("Line 3: ")
    assert said in problem


@pytest.mark.parametrize(
    ("line", "said"), [(f"bob {ALICE}", "Its key"), (f"alice {BOB}", "Its name")]
)
def test_names_and_keys_are_one_callers_each(line: str, said: str):
    (problem,) = problems_of(f"alice {ALICE}\n{line}\n".encode())
    assert problem == f"Line 2: {said} stands in a line above already."


def test_all_bad_lines_are_told_together():
    found = problems_of(b"A\nb\nkey x\n")
    assert [each[:7] for each in found] == ["Line 1:", "Line 2:", "Line 3:"]


def test_the_operators_key_is_nobody_elses():
    digest = hashlib.sha256(ALICE.encode()).digest()
    assert "PROXY_API_KEY" in problems_of(f"alice {ALICE}".encode(), operator=digest)[0]


def test_too_many_names_are_refused():
    lines = [f"n{number} {ALICE}{number}" for number in range(1001)]
    assert "1,000" in problems_of("\n".join(lines).encode())[0]


WORDS = st.sampled_from(
    ["alice", "key", "#", "parallel=4", "per-minute=x", "\t", "\n", "\r\n", " ", ALICE]
)
LIKE_A_FILE = st.lists(WORDS | st.text(max_size=9), max_size=30).map("".join)


@given(st.binary() | LIKE_A_FILE.map(lambda text: text.encode(errors="ignore")))
def test_whatever_is_in_it_is_read_or_refused(content: bytes):
    with suppress(UnusableFile):
        callers = parse(content)
        assert len({caller.digest for caller in callers}) == len(callers)


@given(
    secret=st.text("abcdefghijkl0123456789XYZ_", min_size=12, max_size=40),
    line=st.sampled_from(
        ["{} alice", "alice {}", "alice {} {}", "{}", "alice {} parallel={}", "a b {}"]
    ),
)
def test_no_word_of_it_is_shown(secret: str, line: str):
    shown = repr(outcome(line.replace("{}", secret).encode()))
    assert secret not in shown


def outcome(text: bytes) -> object:
    try:
        return parse(text)
    except UnusableFile as error:
        return error.problems, str(error), error.__cause__


def test_what_others_can_read_is_refused(write_keys):
    file = write_keys(f"alice {ALICE}")
    assert read_callers(file)[0].name == "alice"
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(UnusableFile, match="chmod 600"):
            read_callers(file)


@pytest.fixture
def seen_as(monkeypatch):
    """Have a file look as if it had this owner and mode, to a user who may open it."""

    def seen_as(owner: int, mode: int) -> None:
        about = (stat.S_IFREG | mode, 1, 1, 1, owner, 10001, 0, 0, 0, 0)
        monkeypatch.setattr("os.fstat", lambda _: os.stat_result(about))
        monkeypatch.setattr("os.geteuid", lambda: 10001)

    return seen_as


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_what_root_shows_to_our_group_is_read(write_keys, seen_as, mode):
    file = write_keys(f"alice {ALICE}")
    seen_as(0, mode)
    assert read_callers(file)[0].name == "alice"


@pytest.mark.parametrize("mode", [0o660, 0o450, 0o444, 0o602, 0o644])
def test_what_root_shows_to_more_is_refused(write_keys, seen_as, mode):
    file = write_keys(f"alice {ALICE}")
    seen_as(0, mode)
    with pytest.raises(UnusableFile, match="chmod 640"):
        read_callers(file)


def test_what_another_user_has_written_is_refused(write_keys, seen_as):
    file = write_keys(f"alice {ALICE}")
    seen_as(10002, 0o400)
    with pytest.raises(UnusableFile, match="another user"):
        read_callers(file)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: None])
def test_what_is_no_file_is_refused_and_costs_no_descriptor(tmp_path, make):
    make(tmp_path / "keys")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(UnusableFile, match="keys"):
        read_callers(tmp_path / "keys")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_huge_file_is_not_read(write_keys):
    with pytest.raises(UnusableFile, match="larger"):
        read_callers(write_keys("#" * ((1 << 20) + 1)))
