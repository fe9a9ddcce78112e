"""Long strings are cut out and come back as they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages import cutting
from app.messages.cutting import cut
from app.messages.malformed import Malformed

WINDOW = cutting._WINDOW


def restored(body: bytes) -> bytes:
    return b"".join((found := cut(body)).restore(found.text))


def test_a_long_string_leaves_a_mark():
    found = cut(json.dumps(["x" * 100_000, "short"]).encode())
    assert len(found.text) < 100
    assert [len(run) for run in found.runs] == [100_000]


def test_a_text_without_one_is_left_as_it_is():
    assert cut(b' {"a": "\\u00e9"} ').text == ' {"a": "\\u00e9"} '


@given(
    st.recursive(
        st.one_of(st.text(), st.integers(3000, 6000).map("é\n".__mul__)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.booleans(),
)
def test_what_was_cut_comes_back(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace")
    assert restored(body) == body


@pytest.mark.parametrize("before", range(WINDOW - 14, WINDOW + 2))
@pytest.mark.parametrize("escape", ["\\ud83d\\ude00", '\\"', "\\\\", "é"])
def test_a_window_ends_anywhere(before, escape):
    body = f'"{"x" * before}{escape}{"y" * 5000}"'.encode()
    assert restored(body) == body


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("\\ud800", "surrogate"),
        ("\\udc00\\ud800", "surrogate"),
        ("\\uD800\\u0041", "surrogate"),
        ("\x1f", "control character"),
        ("\\x", "no such escape"),
        ("\\u12g4", "no such escape"),
    ],
)
@pytest.mark.parametrize("before", [0, 5000, WINDOW - 3, 3 * WINDOW])
def test_a_string_that_is_none_is_refused(content, reason, before):
    with pytest.raises(Malformed, match=reason):
        cut(f'["{"x" * before}{content}"]'.encode())


@pytest.mark.parametrize("before", [0, 5000, WINDOW - 3, 3 * WINDOW])
def test_a_string_without_an_end_is_refused(before):
    with pytest.raises(Malformed, match="no end"):
        cut(b'["' + b"x" * before)


@pytest.mark.parametrize("before", [0, 5000, 3 * WINDOW])
@pytest.mark.parametrize("wrong", [b"\xff", b"\xed\xa0\x80", b"\xc3"])
def test_what_is_no_utf8_is_refused(wrong, before):
    with pytest.raises(Malformed, match="UTF-8"):
        cut(b'["' + b"x" * before + wrong + b'"]')
