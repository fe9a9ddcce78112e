"""Only strict JSON passes, and the refusal names the place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages.malformed import Malformed
from app.messages.strict import take_apart

NESTED = "[" * 199 + "]" * 199

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 2]))
def test_each_member_is_as_it_was_sent(value, indent):
    part = take_apart(json.dumps(value, indent=indent).encode(), lists={"a"})
    assert {name: json.loads(each.raw()) for name, each in part.parts.items()} == value


def test_a_list_that_is_named_is_taken_apart_too():
    part = take_apart(b'{"a": [1, {"x": [2]} ], "b": [3]}', lists={"a"})
    assert [each.raw() for each in part.parts["a"].parts.values()] == [
        b"1",
        b'{"x": [2]}',
    ]
    assert part.parts["a"].raw() == b'[1, {"x": [2]} ]'
    assert part.parts["b"].parts == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "a: NaN"),
        ('{"a": [{"b": -Infinity}]}', "a.0: -Infinity"),
        ('{"a": 1e999}', "a: 1e999 is too large"),
        ('{"a": -1e999}', "a: -1e999 is too large"),
        (f'{{"a": {"9" * 400}}}', "is too large"),
        ('{"a": 12345678901234567890}', "a: 12345678901234567890 has too many digits"),
        ('{"a": 9007199254740993}', "too many digits"),
        ('{"a": 1, "\\u0061": 2}', "a: the key is there twice"),
        ('{"a": [0, {"b": {"c": 1, "c": 1}}]}', "a.1: the key 'c' is there twice"),
        (f'{{"a": [{NESTED}]}}', "a.0: nested deeper than 200"),
        (f'{{"b": [{NESTED}]}}', "b: nested deeper than 200"),
        (f'{{"b": {"[" * 100_000}', "b: nested deeper"),
        ('{"a": 1} 2', "body: there is more"),
        ('{"a": 1,}', "body: no JSON"),
        ('{"a": [1,]}', "a.1: no JSON"),
        ('{"a": [1 2]}', "a: no JSON: ','"),
        ('{"b": {"c": }}', "b: no JSON"),
        ('{"a": 01}', "body: no JSON"),
        ('{"a" 1}', "a: no JSON: ':'"),
        ("{'a': 1}", "body: no JSON: a key in double quotes"),
        ("[]", "body: a JSON object is expected"),
        ("", "body: a JSON object is expected"),
        ("\ufeff{}", "body: a JSON object is expected"),
        ('{"a": ', "a: no JSON"),
        ("{", "body: no JSON"),
        (f'{{"b": [{"0," * 1_000_001}0]}}', "body: more than 1,000,000 values"),
    ],
)
def test_anything_else_is_refused_at_its_place(text, said):
    with pytest.raises(Malformed) as refused:
        take_apart(text.encode(), lists={"a"})
    assert said in str(refused.value)
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    "number",
    ["9007199254740992", "1e308", "-0", "-0.0", "1E+2", "1000000000000000000000", "0"],
)
def test_a_number_that_arrives_as_it_is_passes(number):
    assert take_apart(f'{{"a": {number}}}'.encode()).parts["a"].raw() == number.encode()


def test_a_nesting_of_200_passes():
    take_apart(f'{{"a": {NESTED}}}'.encode())
    take_apart(f'{{"a": {NESTED}}}'.encode(), lists={"a"})
