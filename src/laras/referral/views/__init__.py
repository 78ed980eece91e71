"""Screens of referral: what goes out and what comes in."""
