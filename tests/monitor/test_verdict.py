"""The rules, as tables and as properties over any sequence of events."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.claude.locate import Location
from app.claude.login import Login, Method
from app.claude.probe import LoginAnswer
from app.components.evidence import CliCheck, Facts, LoginCheck, Source
from app.contract.codes import Code
from app.monitor import verdict
from app.monitor.state import Health

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
CLI = Location(Path("/c/claude"), ("/c/claude",), identity=(1,))
OTHER_CLI = Location(Path("/c/claude"), ("/c/claude",), identity=(2,))
MISSING = Location(None, ("/c/claude",))
FOLDER = Location(None, ("/c/claude",), Path("/c/claude"))
NO_LOGIN = Login()
LOGIN = Login(Method.CLAUDE_AI, FUTURE, True, has_file=True, identity=((1,),))
API_KEY = Login(Method.API_KEY)
YES = LoginCheck(LoginAnswer(True, "claude.ai", "user@example.com"))
NO = LoginCheck(LoginAnswer(False, "none"))
WORKS = CliCheck(version="2.1.330")
HANGS = CliCheck(Code.CLI_TIMEOUT, conclusive=False)
GARBLED = LoginCheck(code=Code.CLI_FAILED, conclusive=False)


def look(health: Health, location: Location, login: Login, now: datetime = NOW):
    return verdict.after_inspection(health, Facts(location, login), 1.0, now)


def check(health: Health, cli: CliCheck = WORKS, login: LoginCheck = YES):
    return verdict.after_check(health, health.evidence, cli, login, 1.0, NOW)


def begin(location: Location = CLI, login: Login = LOGIN) -> Health:
    return look(verdict.starting(0.0, NOW), location, login)


def codes(health: Health) -> tuple[Code | None, Code | None]:
    return health.code("claude_cli"), health.code("authentication")


def test_before_the_first_check_it_is_starting():
    assert codes(begin()) == (Code.STARTING, Code.STARTING)


def test_a_check_that_succeeds_makes_it_healthy():
    assert codes(check(begin())) == (None, None)


@pytest.mark.parametrize(
    ("location", "code"),
    [(MISSING, Code.CLI_NOT_FOUND), (FOLDER, Code.CLI_NOT_EXECUTABLE)],
)
def test_a_cli_that_has_gone_shows_at_once(location: Location, code: Code):
    assert look(check(begin()), location, LOGIN).code("claude_cli") == code


def test_a_crash_is_conclusive():
    health = check(check(begin()), CliCheck(Code.CLI_FAILED), LoginCheck())
    assert codes(health) == (Code.CLI_FAILED, None)


def test_a_crash_on_auth_status_is_the_clis_failure():
    health = check(check(begin()), WORKS, LoginCheck(code=Code.CLI_FAILED))
    assert codes(health) == (Code.CLI_FAILED, None)


def test_the_first_inconclusive_check_leaves_the_last_verdict():
    assert codes(check(check(begin()), HANGS, LoginCheck())) == (None, None)


def test_the_second_inconclusive_check_in_a_row_is_believed():
    health = check(check(begin()), HANGS, LoginCheck())
    assert check(health, WORKS, GARBLED).code("claude_cli") == Code.CLI_FAILED


def test_an_answer_in_between_forgives_the_first():
    health = check(check(check(begin()), HANGS, LoginCheck()))
    assert check(health, HANGS, LoginCheck()).code("claude_cli") is None


def test_logged_in_false_is_unauthenticated():
    assert codes(check(begin(), WORKS, NO)) == (None, Code.NOT_AUTHENTICATED)


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (Login(Method.CLAUDE_AI, PAST, False), Code.LOGIN_EXPIRED),
        (Login(Method.CLAUDE_AI, PAST, True), None),
        (Login(Method.CLAUDE_AI, PAST, True, ends=PAST), Code.LOGIN_EXPIRED),
        (Login(Method.CLAUDE_AI, FUTURE, False), None),
        (Login(Method.CLAUDE_AI, None, False), None),
        (Login(Method.CLAUDE_AI, damaged="not JSON"), Code.NOT_AUTHENTICATED),
    ],
)
def test_the_login_file_is_read_beside_auth_status(login: Login, code: Code | None):
    assert check(begin(CLI, login)).code("authentication") == code


def test_an_expired_file_does_not_matter_to_an_api_key():
    expired = Login(Method.API_KEY, PAST, False, has_file=True)
    answer = LoginCheck(LoginAnswer(True, "api_key"))
    assert check(begin(CLI, expired), WORKS, answer).code("authentication") is None


def test_a_login_expires_by_the_clock_alone():
    login = Login(Method.CLAUDE_AI, NOW + timedelta(seconds=1), False)
    health = look(check(begin(CLI, login)), CLI, login, NOW + timedelta(seconds=2))
    assert health.code("authentication") == Code.LOGIN_EXPIRED


def test_a_login_file_that_vanished_is_a_logout_at_once():
    health = look(check(begin()), CLI, NO_LOGIN)
    assert health.code("authentication") == Code.NOT_AUTHENTICATED
    assert health.verdicts["authentication"].source == Source.STATIC


def test_a_vanished_file_does_not_matter_to_an_api_key():
    assert look(check(begin()), CLI, API_KEY).code("authentication") is None


def test_a_new_login_file_alone_makes_nothing_healthy():
    health = look(check(begin(CLI, NO_LOGIN), WORKS, NO), CLI, LOGIN)
    assert health.code("authentication") == Code.NOT_AUTHENTICATED


def test_without_a_cli_the_login_file_speaks():
    assert begin(MISSING, LOGIN).code("authentication") is None
    assert begin(MISSING, NO_LOGIN).code("authentication") == Code.NOT_AUTHENTICATED


def test_a_replaced_cli_keeps_the_verdict_until_it_has_answered():
    health = look(check(begin()), OTHER_CLI, LOGIN)
    assert codes(health) == (None, None)
    assert health.evidence.cli is None


def test_a_look_that_failed_is_an_error_of_both():
    health = verdict.after_inspection(check(begin()), None, 1.0, NOW)
    assert codes(health) == (Code.CHECK_FAILED, Code.CHECK_FAILED)


def test_a_checker_that_raised_leaves_the_other_component():
    health = check(begin(), WORKS, LoginCheck(code=Code.CHECK_FAILED))
    assert codes(health) == (None, Code.CHECK_FAILED)


def test_since_is_kept_while_nothing_changes():
    before, later = check(begin()), NOW + timedelta(minutes=1)
    health = verdict.after_check(before, before.evidence, WORKS, YES, 2.0, later)
    assert health.verdicts["claude_cli"].since == NOW


@pytest.mark.parametrize(("at", "code"), [(91.0, None), (91.1, Code.STALE)])
def test_a_verdict_is_stale_after_its_longest_age(at: float, code: Code | None):
    assert verdict.aged(check(begin()).verdicts["claude_cli"], at, 90.0).code == code


def test_an_error_outranks_what_is_merely_unhealthy():
    wrong = [Code.CLI_NOT_FOUND, Code.CHECK_FAILED]
    assert verdict.overall(wrong) == Code.CHECK_FAILED
    assert verdict.overall([None, Code.LOGIN_EXPIRED]) == Code.LOGIN_EXPIRED
    assert verdict.overall([None, None]) is None


def test_what_has_not_been_asked_yet_explains_less_than_a_missing_cli():
    assert verdict.overall([Code.CLI_NOT_FOUND, Code.STARTING]) == Code.CLI_NOT_FOUND
    wrong = [Code.STARTING, Code.NOT_AUTHENTICATED]
    assert verdict.overall(wrong) == Code.STARTING


def test_a_login_nobody_can_ask_for_is_not_stale():
    health = check(begin())
    for at in (2.0, 200.0):
        facts = Facts(MISSING, LOGIN)
        health = verdict.after_inspection(health, facts, at, NOW)
    login = verdict.aged(health.verdicts["authentication"], 200.0, 90.0)
    assert (login.code, login.evidence_at) == (None, 1.0)


def test_a_cli_that_comes_back_is_not_stale_before_it_is_asked():
    health = verdict.after_inspection(check(begin()), Facts(MISSING, LOGIN), 2.0, NOW)
    back = verdict.after_inspection(health, Facts(CLI, LOGIN), 200.0, NOW)
    assert verdict.aged(back.verdicts["authentication"], 200.0, 90.0).code is None
    assert verdict.aged(back.verdicts["authentication"], 291.0, 90.0).code


def test_a_change_and_a_change_back_are_a_new_revision():
    health = check(begin())
    assert health.evidence.checked_revision == health.evidence.revision
    health = look(look(health, MISSING, LOGIN), CLI, LOGIN)
    assert health.evidence.checked_revision != health.evidence.revision


REWRITTEN = Login(Method.CLAUDE_AI, FUTURE, True, has_file=True, identity=((7,),))
TORN = Login(Method.CLAUDE_AI, damaged="not JSON", has_file=True, identity=((8,),))


@pytest.mark.parametrize(
    ("login", "answer", "believed"),
    [(REWRITTEN, YES, True), (REWRITTEN, NO, False), (TORN, YES, False)],
)
def test_an_answer_about_a_login_that_was_rewritten(login, answer, believed):
    asked = begin()
    now = look(asked, CLI, login)
    after = verdict.after_check(now, asked.evidence, WORKS, answer, 2.0, NOW)
    assert (after is not now) is believed


def test_an_answer_about_another_cli_is_void():
    asked = begin()
    now = look(asked, OTHER_CLI, LOGIN)
    assert verdict.after_check(now, asked.evidence, WORKS, YES, 2.0, NOW) is now


EVENTS = st.one_of(
    st.tuples(
        st.just("look"),
        st.sampled_from([CLI, OTHER_CLI, MISSING, FOLDER]),
        st.sampled_from([LOGIN, NO_LOGIN, API_KEY]),
    ),
    st.tuples(
        st.just("check"),
        st.sampled_from([WORKS, HANGS, CliCheck(Code.CLI_FAILED)]),
        st.sampled_from([YES, NO, GARBLED, LoginCheck()]),
    ),
)


def play(events: list[tuple]) -> Health:
    health = begin()
    for kind, first, second in events:
        health = (look if kind == "look" else check)(health, first, second)
    return health


@given(st.lists(EVENTS, max_size=12))
def test_no_history_makes_a_missing_cli_healthy(events: list[tuple]):
    assert look(play(events), MISSING, LOGIN).code("claude_cli") == Code.CLI_NOT_FOUND


@given(st.lists(EVENTS, max_size=12))
def test_two_silences_in_a_row_are_never_healthy(events: list[tuple]):
    health = look(play(events), CLI, LOGIN)
    for _ in range(2):
        health = check(health, HANGS, LoginCheck())
    assert health.code("claude_cli") == Code.CLI_TIMEOUT


@given(st.lists(EVENTS, max_size=12))
def test_a_working_cli_and_login_always_recover(events: list[tuple]):
    assert codes(check(look(play(events), CLI, LOGIN))) == (None, None)


@given(st.lists(EVENTS, max_size=12))
def test_a_dead_login_is_never_healthy_once_asked(events: list[tuple]):
    dead = Login(Method.CLAUDE_AI, PAST, False, has_file=True, identity=((2,),))
    health = check(look(play(events), CLI, dead))
    assert health.code("authentication") == Code.LOGIN_EXPIRED


@given(st.lists(EVENTS, max_size=12), st.sampled_from([LOGIN, NO_LOGIN, API_KEY]))
def test_looking_again_at_the_same_changes_nothing(events: list[tuple], login: Login):
    health = look(play(events), CLI, login)
    assert codes(look(health, CLI, login)) == codes(health)
