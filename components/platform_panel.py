"""A platform's export before it is stored: what it was taken for, whose it is, and its first records as understood."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from components import upload_round, wording

ENCODINGS = {"gb18030": "GBK", "utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
OLISTS = "Olist's "
FEW_FILES = 3
"""More are listed first, and shown one at a time."""
NEW_SHOP = ""
LONGEST_NAME = 80
ENTRY_KINDS = {
    "refund": "given back", "fund_in": "into the fund", "fund_out": "out of the fund", "loan_in": "loan paid out",
    "loan_repayment": "instalment",
}  # fmt: skip
"""Kinds of entries of the wallet whose codes are no words."""
KINDS = {"shops": "Shops", "orders": "Orders", "wallet_entries": "Entries of the wallet", "sales_days": "Daily totals"}
# What is shown of a record, and under which words: the rest is in the dossier once it is stored.
MONEY = {
    "gross_minor": "Paid", "refunded_minor": "Given back", "fees_minor": "Fees", "amount_minor": "Amount",
    "balance_minor": "Balance",
}  # fmt: skip
DAYS = {"day": "Day"}
COUNTS = {"orders": "Orders"}
EPOCH_DAY = date(1970, 1, 1)
TIMES = {"placed_at": "Placed", "booked_at": "Booked"}
WORDS = {
    "name": "Shop", "region": "Region", "city": "City", "category": "Category",
    "order_ref": "Number", "entry_ref": "Number", "status": "Status", "kind": "Kind", "account": "Account",
}  # fmt: skip


class Found(Protocol):
    """What a file was found to be; see ingest.exports.Recognised."""

    @property
    def format(self) -> Any:  # noqa: ANN401
        ...

    @property
    def head(self) -> Any:  # noqa: ANN401
        ...

    @property
    def currency(self) -> str: ...

    @property
    def sure(self) -> str: ...

    @property
    def why(self) -> str: ...


class Named(Protocol):
    """A file by its given name, and what it is in words."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...


Titled = TypeVar("Titled", bound=Named)


def show_found(name: str, found: Found, totals: Mapping[str, Any]) -> None:
    """What a file was taken for, how sure that is, and how it is written."""
    st.markdown(f"##### {wording.plain(name)}: {wording.plain(found.format.title)}")
    encoding = ENCODINGS.get(found.head.encoding, found.head.encoding)
    told = [f"{found.sure.capitalize()}. {found.why}", f"Text in {encoding}.", f"Amounts in {found.currency}."]
    st.caption(wording.plain(" ".join([*told, *_period(totals, found.format.time_zone)])))
    if found.format.lacks:
        st.caption(f"ⓘ {wording.plain(found.format.lacks)}")


class Table(Named, Protocol):
    """One of Olist's tables; see desk.platform_files.PlatformTable."""

    @property
    def encoding(self) -> str: ...

    @property
    def certain(self) -> bool: ...


def show_tables(tables: Sequence[Table], totals: Mapping[str, Any], currency: str, time_zone: str) -> None:
    """Which of Olist's tables there are, how sure that is, and how they are written."""
    st.markdown(f"##### Olist's tables: {wording.count(len(tables), 'file')}")
    told = [f"{each.name} ({each.title.removeprefix(OLISTS)})" for each in tables]
    st.caption(wording.plain(f"{wording.listed(told)}."))
    unsure = [each.name for each in tables if not each.certain]
    encodings = sorted({ENCODINGS.get(each.encoding, each.encoding) for each in tables})
    sure = f"Likely, since not all columns are in {wording.listed(unsure)}." if unsure else "Certain."
    known = [f"{sure} Each is known by its columns.", f"Text in {wording.listed(encodings)}."]
    st.caption(wording.plain(" ".join([*known, f"Amounts in {currency}.", *_period(totals, time_zone)])))


def choose_among(files: Sequence[Titled], what: str, *, key: str) -> Sequence[Titled]:
    """A list of files, and the one of them that a person wants to see; all of them where they are few."""
    if len(files) <= FEW_FILES:
        return files
    files = sorted(files, key=lambda each: each.name)
    table = {"File": [wording.cell(each.name) for each in files], what: [each.title for each in files]}
    st.dataframe(pd.DataFrame(table), hide_index=True)
    names = [each.name for each in files]
    chosen = st.selectbox("Which to look at", names, key=f"among_{key}", index=0)
    return [each for each in files if each.name == chosen]


def show_left_alone(files: Mapping[str, str]) -> None:
    """Files that are known and hold nothing for the record, each with what to bring in in its place."""
    for name, why in files.items():
        st.info(wording.plain(f"{name} is {why}. It is left alone."))


def show_not_recognised(name: str) -> None:
    """A file that nobody knows and that is no table either."""
    st.markdown(f"##### {wording.plain(name)} is not recognised")
    st.caption("It is no table of text with a header, or it is empty. Nothing was stored.")


def choose_unknown(names: Sequence[str], *, key: str) -> Sequence[str]:
    """The files that nobody knew and that a person may name: all where they are few, else the one that is chosen."""
    if len(names) <= FEW_FILES:
        return names
    st.caption(f"{len(names)} files were not recognised and are left alone.")
    chosen = st.selectbox(
        "A file that was not recognised", names, index=None, format_func=wording.plain, key=f"unknown_{key}",
        placeholder="Choose one, to say what it is",
    )  # fmt: skip
    return [chosen] if chosen else []


def _period(totals: Mapping[str, Any], time_zone: str) -> list[str]:
    """From which day to which its records go, on the platform's own calendar."""
    days = [_day_of(totals, end, time_zone) for end in ("first", "last")]
    return [f"From {wording.day(days[0])} to {wording.day(days[1])}."] if days[0] and days[1] else []


def _day_of(totals: Mapping[str, Any], end: str, time_zone: str) -> date | None:
    if moment := totals.get(f"{end}_ts_utc"):
        return datetime.fromisoformat(str(moment)).astimezone(ZoneInfo(time_zone)).date()
    day = totals.get(f"{end}_date_local")
    return date.fromisoformat(str(day)[:10]) if day else None


def choose_format(name: str, titles: Mapping[str, str], known: str | None, *, key: str) -> None:
    """Lets a person say what a file is, where nobody knew it or it was taken for something else."""
    options = list(titles)
    st.selectbox(
        f"What {wording.plain(name)} is", options, index=options.index(known) if known else None,
        format_func=titles.__getitem__, key=f"format_{key}", placeholder="Nothing that was recognised",
    )  # fmt: skip


def choose_shop(shops: Mapping[str, str], *, key: str) -> tuple[str, str] | None:
    """Whose export it is: the shop's number, and the name of one that is new; None as long as that is open.

    Args:
        shops: the name of each shop on record, by its number.
        key: of the widgets.
    """
    if st.session_state.get(f"shop_{key}") is None and (before := upload_round.shop_before(key)) in shops:
        st.session_state[f"shop_{key}"] = before
    chosen: str | None = st.selectbox(
        "Whose it is", [NEW_SHOP, *shops], index=None,
        format_func=lambda ref: "A new shop" if ref == NEW_SHOP else f"{shops[ref]} ({ref})", key=f"shop_{key}",
        placeholder="Choose the shop", help="An export does not name the shop in Loam's record.",
    )  # fmt: skip
    if chosen != NEW_SHOP:
        return None if chosen is None else (chosen, "")
    left, right = st.columns(2)
    name = left.text_input("Its name", key=f"new_name_{key}", max_chars=LONGEST_NAME).strip()
    ref = right.text_input(
        "Its number", key=f"new_ref_{key}", max_chars=LONGEST_NAME,
        help="By which you find it again, such as the number of its contract. It never changes.",
    ).strip()  # fmt: skip
    return (ref, name) if name and ref else None


def still_to_say(key: str, shop_known: bool) -> str:  # noqa: FBT001
    """What keeps an export from being brought in."""
    if shop_known:
        return "Say where the shop's consent can be looked up, and it can be brought in."
    if st.session_state.get(f"shop_{key}") == NEW_SHOP:
        return "Still to say: the new shop's name and number."
    return "Say whose it is, and it can be brought in."


def show_other_than_said(name: str, title: str | None) -> None:
    """A file is not what a person said it was."""
    if title:
        st.warning(
            f"{wording.plain(name)} is not {wording.plain(title)}: its header does not name enough of the columns. "
            "Say what else it is, or clear the choice."
        )


def show_first_records(records: Mapping[str, pd.DataFrame], currency: str) -> None:
    """The first records of each kind, as they were understood."""
    for kind, rows in records.items():
        table = readable(rows, currency)
        with st.expander(f"{KINDS.get(kind, kind)}: the first {len(rows)}, as they were understood", expanded=True):
            st.dataframe(table, hide_index=True, height=min(35 * (len(table) + 1) + 3, 248))


def readable(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Records with amounts and times as a person reads them; references of buyers are left out."""
    shown = {}
    for name in [*TIMES, *DAYS, *COUNTS, *WORDS, *MONEY]:
        if name not in rows:
            continue
        cells = rows[name].tolist()
        if name in TIMES:
            shown[TIMES[name]] = [_when(moment) for moment in cells]
        elif name in DAYS:
            shown[DAYS[name]] = [wording.day(EPOCH_DAY + timedelta(days=int(each))) for each in cells]
        elif name in COUNTS:
            shown[COUNTS[name]] = [f"{int(each):,}" for each in cells]
        elif name in MONEY:
            shown[MONEY[name]] = [wording.exact_money(None if pd.isna(each) else int(each), currency) for each in cells]
        else:
            words = ["" if pd.isna(each) else str(each) for each in cells]
            shown.setdefault(WORDS[name], [ENTRY_KINDS.get(each, each) if name == "kind" else each for each in words])
    return pd.DataFrame(shown)


def _when(moment: datetime) -> str:
    """A time where the shop is; the day alone where that is all that is known."""
    return wording.day(moment.date()) + ("" if moment.time() == time() else f", {moment:%H:%M}")
