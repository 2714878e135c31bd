"""The form in which a person says what the columns of a file hold that nobody knows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import import_panel, platform_panel, wording, writing
from lending.records import BadRow

LABELS = {
    "order_ref": "Order number",
    "placed_at": "When it was ordered",
    "buyer_ref": "Who bought",
    "gross": "What the buyer paid",
    "refunded": "What was paid back",
    "refunded_at": "When it was paid back",
    "fees": "Fees of the marketplace",
    "currency": "Column with the currency",
    "status": "Column that says what became of it",
    "cancelled_at": "When it was cancelled",
    "settled_at": "When the money arrived",
    "promised_by": "Delivery promised by",
    "delivered_at": "When it was delivered",
    "rating": "Rating, from 1 to 5",
    "reviewed_at": "When it was rated",
    "entry_ref": "Number of the entry",
    "booked_at": "When it was booked",
    "amount": "Amount, what came in above zero",
    "balance": "Balance after it",
    "kind": "Column that says what it is",
    "counterparty_ref": "From whom or to whom",
    "day": "Day",
    "orders": "Number of orders",
}
MEANINGS = {
    "completed": "A sale",
    "open": "Not paid or not done yet",
    "cancelled": "Cancelled, nothing paid",
    "refunded": "A sale, paid back in full",
    "refund": "A refund in a row of its own",
    "sale": "A sale",
    "purchase": "A purchase",
    "fee": "A fee",
    "transfer": "A transfer",
    "fund_in": "Into the fund",
    "fund_out": "Out of the fund",
    "loan_in": "A loan paid out",
    "loan_repayment": "A loan paid back",
    "other": "Something else",
}
KINDS = {
    "orders": "An order, or a refund",
    "wallet_entries": "An entry of a wallet or a bank account",
    "sales_days": "The total of a day",
}
ACCOUNTS = {"wallet": "A wallet", "fund": "A fund", "bank": "A bank account"}
FEES = {"kept": "The marketplace kept them", "back": "The shop got them back"}
LACKING = {
    "currency": "the currency",
    "decimal": "how amounts are written",
    "dates": "how days are written",
    "time_zone": "the time zone",
    "every_row": "what each row is",
    "account": "which account it is",
}
ASKED = "Please say"
NOT_THERE = "Not in this file"
ACROSS = 3
SAMPLE_WIDTH = 44
SHOWN = 5
FEW = 4


class Seen(Protocol):
    """One column of the file; see ingest.survey.Seen."""

    @property
    def name(self) -> str: ...

    @property
    def values(self) -> tuple[str, ...]: ...

    @property
    def samples(self) -> tuple[str, ...]: ...


class Saved(Protocol):
    """Columns that are saved under a name; see db.mappings.SavedMapping."""

    @property
    def name(self) -> str: ...

    @property
    def saved_at(self) -> datetime: ...

    @property
    def person_name(self) -> str | None: ...


def choose_kind(name: str, named_twice: Sequence[str], usual: str, *, key: str) -> str:
    """Which file it is about, and what each of its rows is."""
    st.markdown(f"##### {wording.plain(name)} is not recognised: say what its columns hold")
    st.caption(
        "Nothing is stored yet. What the names of its columns suggest is filled in; check it against the values."
    )
    if named_twice:
        twice = wording.plain(wording.listed(list(named_twice[:FEW])))
        st.caption(f"⚠ The header names more than one column {twice}; such columns can't be chosen.")
    kinds = list(KINDS)
    return st.selectbox(
        "What each row is", kinds, index=kinds.index(usual), format_func=KINDS.__getitem__, key=f"map_kind_{key}"
    )


def wants_change(*, key: str) -> bool:
    """Whether a person wants to see and change how the columns are read."""
    return st.toggle("Change how its columns are read", key=f"map_change_{key}")


class Form:
    """The choices for one kind of record, with first guesses filled in; `chosen` are the members of a mapping."""

    def __init__(
        self,
        offered: Any,  # noqa: ANN401
        columns: Sequence[Seen],
        start: Any,  # noqa: ANN401
        written: Callable[[Mapping[str, str]], Any],
        *,
        key: str,
    ) -> None:
        """Take what there is to choose from.

        Args:
            offered: desk.mapped_files.Offered, for the kind of `start`.
            columns: those of the file.
            start: first guesses, or what is saved: ingest.mapping.Mapping.
            written: gives what the chosen columns' own values suggest of amounts, days and words.
            key: tells the widgets of this file from those of others.
        """
        self._offered, self._start, self._key = offered, start, f"{key}_{start.kind}"
        self._written = written
        self._columns = {column.name: column for column in columns}
        self._taken: dict[str, str] = {}

    def show(self) -> dict[str, Any]:
        """Draw the form; gives what is chosen."""
        self._choose_columns(self._offered.needed)
        words, every_row = self._choose_meanings()
        found = sum(name in self._start.columns for name in self._offered.more)
        with st.expander(f"More columns: {found} of {len(self._offered.more)} found" if found else "More columns"):
            self._choose_columns(self._offered.more)
        return {"kind": self._start.kind, "words": words, "every_row": every_row, **self._choose_writing()}

    def _choose_columns(self, names: Sequence[str]) -> None:
        for first in range(0, len(names), ACROSS):
            for place, name in zip(st.columns(ACROSS), names[first : first + ACROSS], strict=False):
                with place:
                    self._choose_column(name)

    def _choose_column(self, name: str) -> None:
        """Which of the file's columns holds one of Loam's, and the first values in it."""
        options, usual = list(self._columns), self._start.columns.get(name)
        chosen = st.selectbox(
            LABELS[name], options, index=_at(options, usual), placeholder=NOT_THERE,
            key=f"map_column_{name}_{self._key}",
        )  # fmt: skip
        if chosen is not None:
            self._taken[name] = chosen
            samples = wording.shortened(", ".join(self._columns[chosen].samples), SAMPLE_WIDTH)
            st.caption(wording.plain(samples) or "Empty")

    def _choose_meanings(self) -> tuple[dict[str, str], str]:
        """What each word of the status or kind means; what every row is, where no column says it."""
        name, meanings = self._offered.word_column, list(self._offered.meanings)
        if not name:
            return {}, ""
        left, right = st.columns([1, 2])
        with left:
            self._choose_column(name)
        if name not in self._taken:
            usual = self._start.every_row
            with right:
                every = st.selectbox(
                    "What every row is", meanings, index=_at(meanings, usual),
                    format_func=MEANINGS.__getitem__, key=f"map_every_{self._key}", placeholder="Please say",
                )  # fmt: skip
            return {}, every or ""
        values = self._columns[self._taken[name]].values
        if len(values) > self._offered.most_words:
            with right:
                st.caption(f"⚠ {len(values):,} different words stand there; that is no column of this kind.")
            return {}, ""
        return self._words(values, meanings), ""

    def _words(self, values: Sequence[str], meanings: Sequence[str]) -> dict[str, str]:
        known = self._written(self._taken).words
        words = {}
        unknown = [value for value in values if value not in known]
        label = f"What its {wording.count(len(values), 'word')} mean" if len(values) > 1 else "What its word means"
        with st.expander(f"{label}: {len(unknown)} still open" if unknown else label, expanded=bool(unknown)):
            for first in range(0, len(values), ACROSS):
                for place, value in zip(st.columns(ACROSS), values[first : first + ACROSS], strict=False):
                    usual = known.get(value)
                    meaning = place.selectbox(
                        wording.plain(value), meanings, index=_at(meanings, usual),
                        format_func=MEANINGS.__getitem__, key=f"map_word_{value}_{self._key}",
                        placeholder="Please say",
                    )  # fmt: skip
                    if meaning:
                        words[value] = meaning
        return words

    def _choose_writing(self) -> dict[str, Any]:
        """Currency, how amounts and days are written, whose clock it is, and which account."""
        offered, start, key = self._offered, self._written(self._taken), self._key
        # Other columns suggest anew.
        chosen = "|".join(sorted(self._taken.values()))
        places = iter(st.columns(ACROSS))
        with next(places):
            styles = list(offered.styles)
            usual = next((each for each in styles if offered.styles[each] == (start.decimal, start.group)), None)
            style = st.selectbox(
                "How amounts are written", styles, index=_at(styles, usual), placeholder=ASKED,
                key=f"map_style_{chosen}_{key}",
            )  # fmt: skip
        with next(places):
            days = list(offered.days)
            dates = st.selectbox(
                "How 31 March is written", days, index=_at(days, start.dates),
                format_func=offered.days.__getitem__, placeholder=ASKED, key=f"map_dates_{chosen}_{key}",
            )  # fmt: skip
        with next(places):
            zones = list(offered.zones)
            time_zone = st.selectbox(
                "Whose clock it is", zones, index=_at(zones, self._start.time_zone), key=f"map_zone_{key}"
            )
        decimal, group = offered.styles[style] if style else ("", "")
        told = {"decimal": decimal, "group": group, "dates": dates or "", "time_zone": time_zone or ""}
        return told | self._choose_money() | {"columns": self._taken}

    def _choose_money(self) -> dict[str, str]:
        """Currency, account, and what fees below zero are."""
        offered, start, key = self._offered, self._start, self._key
        places = iter(st.columns(ACROSS))
        currency = account = fees = ""
        with next(places):
            self._choose_column("currency")
        if "currency" not in self._taken:
            codes = list(offered.currencies)
            currency = next(places).selectbox(
                "Currency", codes, index=_at(codes, start.currency), key=f"map_code_{key}"
            ) or ""  # fmt: skip
        if offered.accounts:
            accounts = list(offered.accounts)
            account = next(places).selectbox(
                "Which account it is", accounts, index=_at(accounts, start.account),
                format_func=ACCOUNTS.__getitem__, key=f"map_account_{key}",
            ) or ""  # fmt: skip
        if "fees" in self._taken and any(
            "-" in each or "−" in each for each in self._columns[self._taken["fees"]].values
        ):
            fees = next(places).selectbox(
                "Fees below zero", list(FEES), index=_at(list(FEES), start.negative_fees),
                format_func=FEES.__getitem__, placeholder="Please say", key=f"map_below_zero_{key}",
            ) or ""  # fmt: skip
        return {"currency": currency, "account": account, "negative_fees": fees}


def _at(options: Sequence[str], usual: str | None) -> int | None:
    """Where a first guess stands among the choices; nowhere, if there is none."""
    return options.index(usual) if usual in options else None


def show_look(
    lacking: Sequence[str], records: Mapping[str, pd.DataFrame], bad_rows: Sequence[BadRow], currency: str
) -> None:
    """What has not been said yet; or else the first records as they are understood, and the first faults."""
    if lacking:
        names = [LACKING.get(name) or f"the column for: {LABELS[name].lower()}" for name in lacking]
        st.markdown(f"##### Still to say: {wording.plain(wording.listed(names))}")
        return
    if records:
        platform_panel.show_first_records({kind: rows.head(SHOWN) for kind, rows in records.items()}, currency)
    if bad_rows:
        st.markdown("##### Rows that can't be read so, the first ones")
        st.dataframe(import_panel.bad_row_table(bad_rows[:SHOWN]), hide_index=True)
    if not records and not bad_rows:
        st.caption("There are no rows below the header.")


def press_save(names: Sequence[str], usual: str, *, ready: bool, key: str) -> dict[str, Any] | None:
    """The name under which the columns are saved, and the button: `name`, and whether it `replaces` what has it."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        name = st.text_input(
            "A name for this kind of file", usual, max_chars=40, key=f"map_name_{key}",
            placeholder="Such as the platform's name", help="The next file with these columns is known by it.",
        )  # fmt: skip
    taken = " ".join(name.split()) in names
    replaces = taken and st.checkbox("Replace what is saved under this name", key=f"map_replace_{key}")
    with right:
        pressed = writing.button(
            "Save and check the whole file", key=f"map_save_{key}", width="stretch",
            disabled=not ready or not name.strip() or (taken and not replaces),
        )  # fmt: skip
    return {"name": name, "replaces": replaces} if pressed else None


def show_saved(rows: Sequence[Saved]) -> str | None:
    """The kinds of file whose columns are saved; the name of the one that is to be deleted."""
    with st.expander(f"{wording.count(len(rows), 'kind')} of file known by saved columns"):
        name = st.selectbox(
            "Saved as", [each.name for each in rows], index=None, placeholder="Choose one", key="map_saved"
        )
        if name is None:
            return None
        (row,) = (each for each in rows if each.name == name)
        st.caption(wording.plain(f"Saved by {row.person_name or 'nobody'} on {wording.day(row.saved_at.date())}."))
        return name if writing.button("Forget these columns", key="map_forget") else None
