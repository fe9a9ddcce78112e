"""The names in the header ``anthropic-beta``."""

import pytest

from app.messages.betas import read_betas
from app.messages.malformed import Malformed


def test_they_are_sorted_each_once():
    assert read_betas(" b-2, a-1,b-2,, ") == ("a-1", "b-2")


def test_none_is_none():
    assert read_betas("") == ()


def test_the_logins_own_beta_is_the_clis():
    assert read_betas("oauth-2025-04-20,a") == ("a",)


@pytest.mark.parametrize("name", ["a b", "A", "a\r\nx-y: z", "a;b", "é", "a" * 65])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(Malformed, match=r"^anthropic-beta: "):
        read_betas(f"good,{name}")


def test_more_than_32_are_refused():
    read_betas(",".join(f"b{n}" for n in range(32)))
    with pytest.raises(Malformed, match="more than 32"):
        read_betas(",".join(f"b{n}" for n in range(33)))
