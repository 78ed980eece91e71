"""Why a result does not go as one of many."""

import pytest

from laras.bench import rules, words

pytestmark = pytest.mark.pure

NORMAL = {"abnormal": False, "critical": False, "flag": "N", "meets_limit": None, "change": ()}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ()),
        ({"change": ("before", "changed")}, ()),  # changed, and no bound made anything of it
        ({"critical": True}, ("critical",)),
        ({"abnormal": True, "critical": True, "flag": "LL"}, ("critical", "range")),
        ({"abnormal": True, "flag": "A", "meets_limit": False}, ("limit",)),
        ({"abnormal": True, "flag": "H", "change": ("before", "delta_exceeded")}, ("range", "delta")),
        ({"abnormal": True, "change": ("before", "delta_exceeded")}, ("delta",)),
        ({"abnormal": True, "change": ("before", "changed")}, ("changed",)),
        ({"abnormal": True, "flag": "H", "change": ("before", "changed")}, ("range",)),
        ({"abnormal": True, "flag": "A", "change": ("before", "answer_changed")}, ("range", "changed")),
        ({"abnormal": True, "flag": ""}, ("unjudged",)),
    ],
)
def test_why_alone(given, why):
    assert rules.why_alone(**NORMAL | given) == why
    assert words.alone(why).count(", ") == max(len(why) - 1, 0)
