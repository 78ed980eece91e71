"""What both sides of a referral show alike."""

from __future__ import annotations

from datetime import timedelta

PAGE = 50
LATELY = timedelta(days=14)
"""What ended without a result stays on the first page for so long; afterwards it is in the list of all."""
