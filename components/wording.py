"""The desk's words: numbers, dates and codes as text, and untrusted text made safe to show. Nothing here draws.

Minor units become text only here. Text from outside goes through `plain` before it meets Markdown, `figure_text`
before a chart, and `cell` before a spreadsheet.
"""

import html
import itertools
import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from lending.records import minor_digits

MINUS = "−"
MISSING = "–"
SIZES = ((10**9, " bn"), (10**6, " m"), (10**3, "k"))
SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "BRL": "R$"}

ROLES = {"officer": "Officer", "manager": "Manager", "auditor": "Auditor", "administrator": "Administrator"}
OUTCOMES = {"approve": "Approve", "approve_less": "Less", "decline": "Decline", "refer": "Refer"}
OUTCOMES_DONE = {
    "approve": "approved",
    "approve_less": "approved a smaller amount",
    "decline": "declined",
    "refer": "referred",
}
AUTHORITIES = {"officer": "one officer", "second_officer": "officer and second officer", "manager": "a manager"}
NEEDS = {"officer": "", "second_officer": "needs a second officer", "manager": "needs a manager"}
GRADES = {
    "A": "strongest",
    "B": "strong",
    "C": "sound, with a second look",
    "D": "below the cut-off, referred",
    "E": "below the cut-off, declined",
}
# Grounds for a white letter in a table; elsewhere a grade is a badge in one of the theme's colours.
GRADE_CHIPS = {"A": "#00786C", "B": "#2B5AA0", "C": "#5F5A50", "D": "#AD5C00", "E": "#7E160A"}
GRADE_COLOURS = {"A": "green", "B": "blue", "C": "gray", "D": "orange", "E": "red"}
CAPS = {
    "product": "Largest loan",
    "grade_multiple": "Grade limit",
    "affordability": "What sales carry",
    "short_record": "Weakest full month",
}
FLAGS = {
    "sales_unknown": "No full month of sales",
    "short_history": "Under three months of sales",
    "sales_spike": "Look: sales",
    "unusual_sales": "Unusual sales pattern",
    "data_missing": "Data missing",
    "data_old": "Data old",
}
REASONS = {
    "sales_too_low": "Sales too low for the amount",
    "sales_falling": "Sales falling or uneven",
    "short_history": "Short trading history",
    "excess_obligations": "Excess obligations for its cash",
    "poor_repayment": "Poor repayment with us",
    "high_refunds": "High refunds or cancellations",
    "rating_decline": "Rating or delivery decline",
    "buyer_concentration": "Buyer concentration",
    "unusual_payments": "Unusual payment pattern",
    "unable_to_verify": "Unable to verify",
    "incomplete_application": "Incomplete application",
    "policy_exclusion": "Policy exclusion",
}

# A joiner makes one picture of several emoji, and shapes Arabic and Indian letters; elsewhere nobody sees it.
_JOINED = "\u0600-\u0dff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
# Direction marks and isolates could make a name read as another one.
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+"
    f"|(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])"
)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# What Streamlit replaces in the finished text: icons, emoji, addresses, arrows and the like.
_REPLACED_LATE = re.compile(r"(:|@|www(?=\\\.)|-(?=\\[->])|<(?=\\[-=])|[>~!](?=\\=))", re.IGNORECASE)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


def sign_of(currency: str) -> str:
    """What stands before an amount: ¥ for CNY, the code and a space where there is no sign of its own."""
    return SIGNS.get(currency, f"{currency} ")


def minor_units(currency: str) -> int:
    """Minor units in one of the currency: 100 fen in a yuan."""
    return int(10 ** minor_digits(currency))


def money(minor: int | None, currency: str) -> str:
    """An amount in full: without decimals from 100 up, "–" where missing.

    >>> money(18_000_000, "CNY"), money(-9_950, "CNY"), money(None, "CNY")
    ('¥180,000', '−¥99.50', '–')
    """
    if minor is None:
        return MISSING
    digits = minor_digits(currency)
    amount = Decimal(abs(minor)).scaleb(-digits)
    decimals = 0 if amount >= 100 or minor == 0 else digits
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{MINUS if minor < 0 else ''}{sign_of(currency)}{rounded:,f}"


def exact_money(minor: int | None, currency: str) -> str:
    """An amount to its last minor unit, where somebody is bound by it; whole amounts without decimals.

    >>> exact_money(123_456, "CNY"), exact_money(123_400, "CNY"), exact_money(500, "JPY")
    ('¥1,234.56', '¥1,234', 'JPY 500')
    """
    digits = minor_digits(currency)
    if minor is None or digits == 0 or minor % 10**digits == 0:
        return money(minor, currency)
    return f"{MINUS if minor < 0 else ''}{sign_of(currency)}{Decimal(abs(minor)).scaleb(-digits):,.{digits}f}"


def money_short(minor: float | None, currency: str) -> str:
    """An amount in three significant digits, for cards and axes.

    >>> money_short(164_000_000, "CNY"), money_short(4_600_000, "CNY"), money_short(0, "CNY")
    ('¥1.64 m', '¥46k', '¥0')
    >>> money_short(5_200_000_000_000_000, "CNY")
    '¥52,000 bn'
    """
    if minor is None or math.isnan(minor):
        return MISSING
    amount = Decimal(round(abs(minor))).scaleb(-minor_digits(currency))
    if amount and amount < 1:
        return money(round(minor), currency)
    # Rounded first, since 999,950 is a million in three digits.
    amount = _three_digits(amount)
    size, suffix = next((each for each in SIZES if amount >= each[0]), (1, ""))
    return f"{MINUS if minor < 0 and amount else ''}{sign_of(currency)}{_trimmed(amount / size)}{suffix}"


def share(value: float | None) -> str:
    """A share of 0-1 in percent: one decimal below 10 %, none from there up, no space.

    >>> share(0.037), share(0.31), share(0.0001), share(None)
    ('3.7%', '31%', 'under 0.1%', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    if 0 < value < 0.0005:
        return "under 0.1%"
    percent = Decimal(str(value)) * 100
    one = percent.quantize(Decimal("0.1"), ROUND_HALF_UP)
    shown = one if abs(one) < 10 else percent.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{_signed(_trimmed(shown)) if shown else 0}%"


def change(value: float | None) -> str:
    """A relative change, with its sign.

    >>> change(0.11), change(-0.031)
    ('+11%', '−3.1%')
    """
    text = share(0.0 if value is not None and abs(value) < 0.0005 else value)
    return f"+{text}" if value is not None and value > 0 and text != "0%" else text


def points_change(value: float | None) -> str:
    """The change of a share, in points.

    >>> points_change(0.004), points_change(-0.021)
    ('+0.4 pt', '−2.1 pt')
    """
    if value is None or math.isnan(value):
        return MISSING
    points = (Decimal(str(value)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{'+' if points > 0 else ''}{_signed(str(points) if points else '0')} pt"


def for_metric(text: str) -> str:
    """The same with an ASCII hyphen, the only minus that st.metric reads in a delta.

    >>> for_metric("−2.1 pt")
    '-2.1 pt'
    """
    return text.replace(MINUS, "-")


def rate(bps: int | None) -> str:
    """A yearly rate of basis points, exact.

    >>> rate(1440), rate(1034), rate(1200)
    ('14.4%', '10.34%', '12%')
    """
    return MISSING if bps is None else f"{_signed(_trimmed(Decimal(bps) / 100))}%"


def probability(ppm: int) -> str:
    """A default probability of millionths.

    >>> probability(31_000), probability(400)
    ('3.1%', 'under 0.1%')
    """
    return "under 0.1%" if ppm < 500 else share(ppm / 1_000_000)


def points(value: int) -> str:
    """Points of a factor, with their sign.

    >>> points(12), points(-14)
    ('+12', '−14')
    """
    return f"+{value}" if value > 0 else _signed(str(value))


def quantity(value: float | None, unit: str, currency: str) -> str:
    """A feature's value in its own unit: money, share, count, days, months, rating or ratio.

    >>> quantity(0.31, "share", "CNY"), quantity(4.757, "rating", "CNY"), quantity(0.47, "ratio", "CNY")
    ('31%', '4.76', '0.47')
    """
    if value is None or math.isnan(value):
        return MISSING
    match unit:
        case "money":
            return money_short(value, currency)
        case "share":
            return share(value)
        case "rating" | "ratio":
            return _signed(f"{value:.2f}")
        case "months" if value >= 24:
            return f"{value / 12:.1f} years"
        case "days" | "months":
            return count(round(value), unit.removesuffix("s"))
        case _:
            return _signed(f"{round(value):,}")


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "month"), count(1200, "order")
    ('1 month', '1,200 orders')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def day(value: date | None) -> str:
    """A date.

    >>> day(date(2026, 10, 31))
    '31 Oct 2026'
    """
    return MISSING if value is None else f"{value.day} {value:%b %Y}"


def month(value: date) -> str:
    """A month in full.

    >>> month(date(2026, 10, 1))
    'October 2026'
    """
    return f"{value:%B %Y}"


def moment(value: datetime | None, time_zone: str) -> str:
    """A time on the desk's clock."""
    if value is None:
        return MISSING
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{day(local.date())}, {local:%H:%M}"


def time_of_day(value: datetime, time_zone: str) -> str:
    """A time on the desk's clock, without its date.

    >>> time_of_day(datetime.fromisoformat("2026-10-31T04:05:00+00:00"), "Asia/Shanghai")
    '12:05'
    """
    return f"{value.astimezone(ZoneInfo(time_zone)):%H:%M}"


def clock(due_at: datetime, now: datetime) -> str:
    """The time left: plain, with ◔ in the last 24 hours, with ⚠ when late.

    >>> noon = datetime(2026, 10, 31, 12)
    >>> clock(datetime(2026, 11, 2, 16), noon), clock(datetime(2026, 10, 31, 23), noon)
    ('2 d 4 h', '◔ 11 h')
    >>> clock(datetime(2026, 10, 30, 22), noon)
    '⚠ late 14 h'
    """
    left = due_at - now
    if left < timedelta(0):
        return f"⚠ late {_span(-left)}"
    return _span(left) if left >= timedelta(days=1) else f"◔ {_span(left)}"


def span(hours: float | None) -> str:
    """A length of time.

    >>> span(28.4), span(15.9), span(0.25), span(72), span(None)
    ('1 d 4 h', '15 h', '15 min', '3 d', '–')
    """
    if hours is None or math.isnan(hours):
        return MISSING
    return _span(timedelta(hours=hours)).removesuffix(" 0 h")


def share_range(low: float, high: float) -> str:
    """The range of a share in percent, without the sign that the share itself has.

    >>> share_range(0.619, 0.703), share_range(0.02, 0.114)
    ('62–70', '2–11')
    """
    return f"{share(low)[:-1]}–{share(high)[:-1]}"


def plain(text: str | None) -> str:
    """Text from outside as Streamlit's Markdown shows it unchanged: no link, image, icon, formula or colour.

    Backslashes stop Markdown itself. Streamlit replaces icons, addresses and arrows later, in the finished text;
    a word joiner, which takes no room, parts those. Line breaks become spaces. Arabic and Hebrew are set apart, or the
    amount after a name would be drawn as a part of it, from right to left.
    """
    words = " ".join(_INVISIBLE.sub(" ", text or "").split())
    return _set_apart(_REPLACED_LATE.sub("\\1\u2060", _PUNCTUATION.sub(r"\\\1", words)))


def shortened(text: str | None, width: int) -> str:
    """Text from outside cut to a width in Latin letters; Chinese, Japanese, Korean and emoji take two.

    >>> shortened("Grey Tile Teas 青瓦茶铺", 17), shortened("Grey Tile Teas", 17)
    ('Grey Tile Teas…', 'Grey Tile Teas')
    """
    words = " ".join(_INVISIBLE.sub(" ", text or "").split())
    widths = list(itertools.accumulate(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in words))
    if not widths or widths[-1] <= width:
        return words
    return words[: sum(each < width for each in widths)].rstrip() + "…"


def figure_text(text: str | None, longest: int = 40) -> str:
    """Text from outside for a chart: no tag, no formula, cut to a length.

    >>> figure_text("<a href=x>tea</a>")
    '&lt;a href=x&gt;tea&lt;/a&gt;'
    """
    words = " ".join(_INVISIBLE.sub(" ", text or "").split())
    cut = words if len(words) <= longest else words[: longest - 1] + "…"
    return _set_apart(html.escape(cut, quote=False).replace("$", "&#36;"))


def cell(text: str) -> str:
    """Text for CSV or a spreadsheet that no program takes for a formula.

    >>> cell("=1+1"), cell("Grey Tile Teas")
    ("'=1+1", 'Grey Tile Teas')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def listed(words: list[str]) -> str:
    """A list in words.

    >>> listed(["tea", "shoes", "honey"])
    'tea, shoes and honey'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _set_apart(words: str) -> str:
    """Words with a letter that is written from right to left as an isolate; others as they are."""
    return f"\u2068{words}\u2069" if _RIGHT_TO_LEFT.search(words) else words


def _three_digits(amount: Decimal) -> Decimal:
    if amount == 0:
        return amount
    return amount.quantize(Decimal(1).scaleb(amount.adjusted() - 2), ROUND_HALF_UP)


def _trimmed(amount: Decimal) -> str:
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def _span(time: timedelta) -> str:
    hours, seconds = divmod(int(time.total_seconds()), 3600)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h" if hours else f"{seconds // 60} min"
