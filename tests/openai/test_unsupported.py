"""What would be lost: refused by its name, or noted where it may pass."""

import pytest

from app.openai.unsupported import Losses, Unsupported

ITEM = {"a": 1, "b": 2}


def test_a_field_that_is_not_known_is_refused_with_the_reason_there_is():
    with pytest.raises(Unsupported) as told:
        Losses(ignoring=False).beyond({"a"}, ITEM, "tools.0", {"b": "send a"})
    assert told.value.place == "tools.0.b"
    assert "send a" in told.value.reason


def test_what_may_pass_is_noted_once_by_no_name_that_a_client_can_invent():
    losses = Losses(ignoring=True)
    losses.beyond(set(), ITEM, "tools.0", {"b": "send a"})
    losses.beyond(set(), ITEM, "tools.1")
    assert losses.names == ("tools.other", "tools.b")


def test_what_is_known_or_says_nothing_is_no_loss():
    empty = {"b": None, "c": False, "d": [], "e": {}, "f": {"type": "direct"}}
    Losses(ignoring=False).beyond({"a"}, {"a": 1} | empty, "input.0")
