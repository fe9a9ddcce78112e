"""Places for slow work."""

import pytest

from app.web.admission import Admission, Overloaded


@pytest.mark.parametrize(
    ("threads", "limit"), [(1, 1), (2, 1), (8, 6), (32, 28), (64, 56)]
)
def test_some_threads_are_kept_free(threads: int, limit: int):
    assert Admission(threads).limit == limit


def test_a_place_can_be_taken_again():
    admission = Admission(1)
    admission.enter()
    with pytest.raises(Overloaded):
        admission.enter()
    admission.leave()
    admission.enter()
