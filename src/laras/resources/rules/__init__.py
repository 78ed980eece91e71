"""Pure rules: the order of a referral, which item a written name means, how far a laboratory meets the standard."""

from laras.resources.rules.choices import read_choice
from laras.resources.rules.fulfilment import COLUMNS, NOT_REPORTED, Tally, column_for, state_of, tally
from laras.resources.rules.matching import Match, Matcher, key_of
from laras.resources.rules.needs import MAX_PRICE, NO_PRICE, Bill, bill, gaps
from laras.resources.rules.quarters import Quarter, quarter_of, read_quarter
from laras.resources.rules.referral import referral_order

__all__ = [
    "COLUMNS",
    "MAX_PRICE",
    "NOT_REPORTED",
    "NO_PRICE",
    "Bill",
    "Match",
    "Matcher",
    "Quarter",
    "Tally",
    "bill",
    "column_for",
    "gaps",
    "key_of",
    "quarter_of",
    "read_choice",
    "read_quarter",
    "referral_order",
    "state_of",
    "tally",
]
