"""Amounts of money as people read them."""

from math import floor, log10


def money(dollars: float) -> str:
    """An amount for people: cents, and for less than that two digits that say something."""
    places = 2 if abs(dollars) >= 0.1 or not dollars else 1 - floor(log10(abs(dollars)))
    return f"${dollars:,.{places}f}"
