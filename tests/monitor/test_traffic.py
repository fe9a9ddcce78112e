"""What requests ended with, as evidence: tables, and properties of any walk."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.claude.login import Login
from app.components.evidence import Facts, LoginCheck, Source
from app.contract.codes import Code
from app.monitor import traffic, verdict
from app.pool.outcome import Outcome
from tests.monitor.test_verdict import API_KEY, CLI, LOGIN, NO, NOW, WORKS, YES
from tests.support import outcomes
from tests.support.outcomes import (
    ANSWERED,
    GOOD,
    LIMITED,
    REJECTED,
    UNREACHABLE,
    limit,
    outcome,
    refused,
)

OF_THE_UPSTREAM = ("UNREACHABLE", "OVERLOADED", "BROKEN", "LATE", "LIMITED")
SAY_NOTHING = ("FORBIDDEN", "BAD_REQUEST", "LEFT", "TAKEN_BACK", "DIED", "UNASKED")
OF_THE_LOGIN = ("REJECTED", "REVOKED", "DISABLED", "NOT_LOGGED_IN")
OTHER_LOGIN = replace(LOGIN, identity=((9,),))


class Service:
    """A service that is asked, looked at each second and probed each 30, by a clock."""

    def __init__(self, login: Login = LOGIN, probed: LoginCheck = YES) -> None:
        self.at = 1000.0
        self.login, self.probed = login, probed
        self.health = verdict.starting(self.at, self.now)
        self.passes(0)
        self.probes()

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.at)

    def passes(self, seconds: float) -> None:
        self.at += seconds
        facts = Facts(CLI, self.login)
        self.health = verdict.after_inspection(self.health, facts, self.at, self.now)

    def probes(self) -> None:
        asked = self.health.evidence
        self.health = verdict.after_check(
            self.health, asked, WORKS, self.probed, self.at, self.now
        )

    def logs_in(self, login: Login = OTHER_LOGIN) -> None:
        self.login = login
        self.passes(1)
        self.probes()

    def ends(self, *ended: Outcome) -> None:
        for each in ended:
            evidence = self.health.evidence
            found = traffic.after(
                evidence.traffic,
                each,
                self.login.identity,
                self.at,
                self.now.timestamp(),
            )
            found = replace(found, revision=found.revision + 1)
            self.health = verdict.after_traffic(self.health, found, self.at, self.now)

    def code(self, component: str = "authentication") -> Code | None:
        return self.health.code(component)

    def codes(self) -> set[Code | None]:
        return {each.code for each in self.health.verdicts.values()}

    def seconds_shut(self) -> int:
        """Pass time without traffic until the login is taken for good again."""
        for second in range(2000):
            if self.code() is None:
                return second
            self.passes(1)
        raise AssertionError("locked out")


@pytest.mark.parametrize("name", OF_THE_LOGIN)
def test_a_request_rejected_for_its_login_shows_at_once(name):
    service = Service()
    service.ends(ANSWERED, getattr(outcomes, name))
    assert service.code() == Code.LOGIN_REJECTED
    assert service.health.verdicts["authentication"].source == Source.TRAFFIC


def test_the_next_success_ends_it():
    service = Service()
    service.ends(REJECTED, ANSWERED)
    assert service.code() is None


def test_a_success_that_began_before_ends_nothing():
    service = Service()
    service.ends(REJECTED)
    service.passes(1)
    service.ends(outcome(GOOD, first_event=1.0, seconds=9.0))
    assert service.code() == Code.LOGIN_REJECTED


def test_so_does_a_new_login_once_the_cli_says_yes():
    service = Service()
    service.ends(REJECTED)
    service.logs_in()
    assert service.code() is None


def test_a_probe_that_says_yes_does_not():
    service = Service()
    service.ends(REJECTED)
    service.passes(30)
    service.probes()
    assert service.code() == Code.LOGIN_REJECTED


def test_without_traffic_it_is_half_open_after_a_minute():
    service = Service()
    service.ends(ANSWERED, REJECTED)
    assert service.seconds_shut() == 60
    assert service.health.verdicts["authentication"].source == Source.PROBE


def test_each_rejection_after_that_doubles_the_wait_up_to_a_quarter_of_an_hour():
    service = Service()
    waits = []
    for _ in range(6):
        service.ends(REJECTED)
        waits.append(service.seconds_shut())
    assert waits == [60, 120, 240, 480, 900, 900]


def test_a_burst_of_rejections_counts_once():
    service = Service()
    service.ends(*[REJECTED] * 50)
    assert service.seconds_shut() == 60


def test_a_success_begins_the_count_anew():
    service = Service()
    service.ends(REJECTED)
    service.seconds_shut()
    service.ends(REJECTED, ANSWERED, REJECTED)
    assert service.seconds_shut() == 60


def test_a_wrong_api_key_is_the_same():
    service = Service(API_KEY)
    service.ends(REJECTED)
    assert service.code() == Code.LOGIN_REJECTED
    assert service.seconds_shut() == 60


def test_half_open_means_what_the_probe_says():
    service = Service(probed=NO)
    service.ends(REJECTED)
    service.passes(60)
    assert service.code() == Code.NOT_AUTHENTICATED


def test_a_success_is_believed_over_a_probe_for_a_quarter_of_an_hour():
    service = Service()
    service.ends(ANSWERED)
    service.probed = NO
    service.probes()
    assert service.code() is None
    assert service.health.verdicts["authentication"].source == Source.TRAFFIC
    service.passes(900)
    assert service.code() == Code.NOT_AUTHENTICATED


def test_a_logout_that_no_file_shows_is_believed_over_an_earlier_success():
    service = Service(Login())  # as on macOS, where the login is in the Keychain
    service.ends(ANSWERED)
    service.probed = NO
    service.probes()
    assert service.code() == Code.NOT_AUTHENTICATED


def test_a_success_of_another_login_says_nothing():
    service = Service()
    service.ends(ANSWERED)
    service.probed = NO
    service.logs_in()
    assert service.code() == Code.NOT_AUTHENTICATED


def test_an_expired_login_is_not_healed_by_what_was_answered_before():
    service = Service(replace(LOGIN, renewable=False, expires=NOW + timedelta(1e-2)))
    service.ends(ANSWERED)
    service.passes(10)
    assert service.code() == Code.LOGIN_EXPIRED


@pytest.mark.parametrize("name", [*OF_THE_UPSTREAM, *SAY_NOTHING])
def test_no_other_end_says_anything_of_the_login_or_the_cli(name):
    service = Service()
    service.ends(*[getattr(outcomes, name)] * 20)
    assert (service.code(), service.code("claude_cli")) == (None, None)


def test_an_upstream_that_is_not_reached_shows_with_the_third_in_a_row():
    service = Service()
    service.ends(UNREACHABLE, UNREACHABLE)
    assert service.code("upstream") is None
    service.ends(UNREACHABLE)
    assert service.code("upstream") == Code.UPSTREAM_UNREACHABLE


@pytest.mark.parametrize("reached", [ANSWERED, LIMITED, outcomes.OVERLOADED, REJECTED])
def test_one_that_gets_through_in_between_forgives_the_others(reached):
    service = Service()
    service.ends(UNREACHABLE, UNREACHABLE, reached, UNREACHABLE, UNREACHABLE)
    assert service.code("upstream") is None


def test_it_is_half_open_soon():
    service = Service()
    service.ends(*[UNREACHABLE] * 3)
    service.passes(10)
    assert service.code("upstream") is None
    service.ends(UNREACHABLE)
    service.passes(19)
    assert service.code("upstream") == Code.UPSTREAM_UNREACHABLE
    service.passes(1)
    assert service.code("upstream") is None


def test_an_answer_that_was_cut_off_had_reached_it():
    service = Service()
    cut = outcome(outcomes.UNREACHED, first_event=0.1, seconds=1.0)
    service.ends(*[cut] * 5)
    assert service.code("upstream") is None


@pytest.mark.parametrize("name", ["OVERLOADED", "BROKEN", "LATE"])
def test_an_upstream_that_fails_leaves_it_healthy(name):
    service = Service()
    service.ends(*[getattr(outcomes, name)] * 20)
    assert service.codes() == {None}
    assert service.health.evidence.traffic.failing


def exhausted(service: Service, seconds: float, window: str | None) -> Outcome:
    resets_at = service.now.timestamp() + seconds
    said = limit("rejected", window, resets_at, five_hour=1.0)
    return outcome(refused(429, "rate_limit_error"), limit=said)


@pytest.mark.parametrize("window", ["five_hour", "seven_day", None])
def test_an_exhausted_quota_shows_until_its_reset(window):
    service = Service()
    service.ends(exhausted(service, 100, window))
    service.passes(99)
    assert service.code("quota") == Code.QUOTA_EXHAUSTED
    service.passes(1)
    assert service.codes() == {None}


@pytest.mark.parametrize("heal", [lambda s: s.ends(ANSWERED), Service.logs_in])
def test_a_success_or_a_new_login_ends_it_before(heal):
    service = Service()
    service.ends(exhausted(service, 1e6, "five_hour"))
    heal(service)
    assert service.code("quota") is None


def test_an_answer_that_began_before_it_was_used_up_ends_nothing():
    service = Service()
    service.ends(exhausted(service, 100, "five_hour"))
    service.passes(1)
    service.ends(outcome(GOOD, first_event=1.0, seconds=9.0))
    assert service.code("quota") == Code.QUOTA_EXHAUSTED


@pytest.mark.parametrize("ended", [GOOD, refused(529)])
def test_nothing_but_a_429_is_for_want_of_quota(ended):
    service = Service()
    said = limit("rejected", "five_hour", service.now.timestamp() + 100)
    service.ends(outcome(ended, limit=said))
    assert service.code("quota") is None


def test_what_was_shared_before_changes_nothing_any_more():
    service = Service()
    service.ends(REJECTED)
    known = service.health
    older = traffic.Traffic(LOGIN.identity, known.evidence.traffic.revision)
    assert verdict.after_traffic(known, older, service.at, service.now) is known


def test_what_was_known_before_the_first_inspection_is_judged_after_it():
    now = datetime(2026, 11, 24, tzinfo=UTC)
    starting = verdict.starting(1.0, now)
    known = verdict.after_traffic(starting, traffic.Traffic(LOGIN.identity, 7), 2, now)
    assert known.verdicts == starting.verdicts
    assert known.evidence.traffic.revision == 7


def test_a_model_of_which_there_is_no_more_leaves_the_others():
    service = Service()
    service.ends(exhausted(service, 100, "seven_day_opus"))
    assert service.code("quota") is None


def test_a_429_that_names_no_time_says_nothing():
    service = Service()
    service.ends(LIMITED, outcome(refused(429), limit=limit("rejected", None, None)))
    assert service.code("quota") is None


def test_the_windows_are_kept_as_last_told():
    service = Service()
    told = limit("allowed", None, None, five_hour=0.4, seven_day=0.1)
    later = limit("allowed", None, None, five_hour=0.5)
    service.ends(outcome(GOOD, limit=told), outcome(GOOD, limit=later))
    windows = service.health.evidence.traffic.quota.windows
    assert {n: w.utilization for n, w in windows.items()} == {
        "five_hour": 0.5,
        "seven_day": 0.1,
    }


def news(before: Iterable[Outcome], last: Outcome, seconds: float = 0.01) -> bool:
    known = traffic.Traffic()
    for each in before:
        known = traffic.after(known, each, (), 10.0, 10.0)
    shared = replace(known, noted_at=10.0)
    own = traffic.after(shared, last, (), 10.0 + seconds, 10.0 + seconds)
    return traffic.is_news(shared, own, 10.0 + seconds)


def test_only_what_decides_is_told_at_once():
    assert news([], ANSWERED)
    assert news([ANSWERED], REJECTED)
    assert not news([ANSWERED], ANSWERED)
    assert not news([REJECTED], REJECTED)
    assert not news([ANSWERED], UNREACHABLE)
    assert not news([ANSWERED], outcomes.OVERLOADED)


def test_the_rest_is_told_every_few_seconds():
    assert news([ANSWERED], ANSWERED, seconds=5)
    assert not news([ANSWERED], outcomes.UNASKED, seconds=500)


def test_a_rejection_at_the_longest_wait_is_told_again():
    known = traffic.Traffic()
    for number in range(6):
        known = traffic.after(known, REJECTED, (), number * 1000.0, 0.0)
    shared = replace(known, noted_at=5000.0)
    own = traffic.after(shared, REJECTED, (), 5901.0, 0.0)
    assert traffic.is_news(replace(shared, noted_at=5900.0), own, 5901.0)


# A busy machine is no finding.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
EVENTS = st.one_of(
    st.tuples(
        st.just("ends"),
        st.sampled_from(
            [
                *("ANSWERED", *OF_THE_LOGIN, *OF_THE_UPSTREAM, *SAY_NOTHING),
            ]
        ),
    ),
    st.tuples(st.just("passes"), st.floats(0, 2000)),
    st.tuples(st.just("probes"), st.just(None)),
    st.tuples(st.just("logs_in"), st.sampled_from([LOGIN, OTHER_LOGIN, API_KEY])),
)


def walk(events: Iterable[tuple]) -> Service:
    service = Service()
    for kind, value in events:
        if kind == "ends":
            service.ends(getattr(outcomes, value))
        elif kind == "probes":
            service.probes()
        else:
            getattr(service, kind)(value)
    return service


@patiently
@given(st.lists(EVENTS, max_size=30))
def test_nobody_is_locked_out_for_longer_than_a_quarter_of_an_hour(events):
    service = walk(events)
    service.passes(900)
    assert service.code() is None


@patiently
@given(st.lists(EVENTS, max_size=30))
def test_a_success_always_heals(events):
    service = walk(events)
    service.ends(ANSWERED)
    assert service.codes() == {None}


@patiently
@given(st.lists(st.sampled_from([*OF_THE_UPSTREAM, *SAY_NOTHING]), max_size=30))
def test_no_failure_of_the_upstream_ever_unauthenticates(names):
    service = Service()
    for name in names:
        service.ends(getattr(outcomes, name))
        service.passes(1)
        assert service.code() is None


@patiently
@given(st.lists(EVENTS, max_size=30))
def test_a_rejection_always_shows(events):
    service = walk(events)
    service.ends(REJECTED)
    assert service.code() == Code.LOGIN_REJECTED


@patiently
@given(st.lists(EVENTS, max_size=30))
def test_what_was_never_rejected_is_never_called_so(events):
    accepted = [event for event in events if event[1] not in OF_THE_LOGIN]
    assert walk(accepted).code() is None


def test_only_windows_that_people_could_be_told_of_are_kept():
    service = Service()
    strange = {"a b": 0.1, "<b>": 0.1, **{f"w{n}": 0.1 for n in range(100)}}
    told = limit("allowed", None, None, **strange)
    told.windows["w0"] = type(told.windows["w0"])(0.1, 1e300)
    service.ends(outcome(GOOD, limit=told))
    windows = service.health.evidence.traffic.quota.windows
    assert len(windows) == 16
    assert windows["w0"].resets_at is None


def test_the_clock_of_people_is_in_utc():
    told = limit("allowed", "five_hour", 2e9)
    service = Service()
    service.ends(outcome(GOOD, limit=told))
    assert service.health.evidence.traffic.quota.told.tzinfo is UTC
