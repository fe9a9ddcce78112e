"""Places for slow work."""

import pytest

from app.web.admission import Admission, Overloaded


def test_a_place_can_be_taken_again():
    admission = Admission(1)
    admission.enter()
    with pytest.raises(Overloaded):
        admission.enter()
    admission.leave()
    admission.enter()
