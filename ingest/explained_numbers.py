"""Why a cell of numbers is refused: what would be right in its place."""

import re

from lending.records import Column

# More than any amount or count in trade: sums over a whole marketplace stay within 64 bits.
AMOUNT_DIGITS = 12


def explain_money(value: str, column: Column) -> str:
    """Why an amount is refused."""
    if number := explain_number(value):
        return number
    if re.fullmatch(rf"-?[0-9]{{{AMOUNT_DIGITS + 1},}}(\.[0-9]+)?", value):
        return f"more than {AMOUNT_DIGITS} digits before the point; that is more than any amount in trade"
    if value.startswith("-") and column.minimum is not None:
        return "an amount below zero; this column takes none"
    if column.minimum and re.fullmatch(r"[0.]+", value):
        return "an amount above zero is needed"
    if re.fullmatch(r"-?[0-9]+\.[0-9]+", value):
        return "more digits after the point than the currency has; it is not rounded here"
    return "write a decimal number such as 1234.50"


def explain_number(value: str) -> str:
    """Why a cell is no plain number; empty where it may be one."""
    if value != value.strip():
        return "blanks around the number; write it without them"
    if "," in value or " " in value or "_" in value or "'" in value:
        return "thousands separators and decimal commas are not read; write 1234.50"
    if not value.isascii():
        return "write the number with the digits 0 to 9"
    if re.fullmatch(r"[+-]?(nan|inf|infinity)", value, re.IGNORECASE):
        return "not a number; leave the cell empty where there is none"
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", value):
        return "write the number in full, without an exponent"
    return ""


def explain_fraction(value: str, most: int) -> str:
    """Why a share or rate is refused."""
    if number := explain_number(value):
        return number
    if value.endswith("%"):
        return "write a fraction such as 0.12, not a percentage"
    if re.fullmatch(r"[0-9]+\.[0-9]{7,}", value):
        return "more than six digits after the point; it is not rounded here"
    return f"write a fraction from 0 to {most}, such as 0.12 for 12 %"
