"""What a shop said of the use of its record: the line above its dossier, and the forms that note its word."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import streamlit as st

from components import wording, writing
from lending.consent import LONGEST_EVIDENCE, SPEAKERS, USUAL_DAYS, Given
from settings import settings

WHO = {
    "owner": "The owner",
    "representative": "A representative",
    "marketplace": "The marketplace",
}
WHO_HELP = (
    "The owner themselves, somebody with a power of attorney, or the marketplace on whose pages the shop agreed. The "
    "name stands on the form, not here."
)
EVIDENCE = "Where it can be looked up"
EVIDENCE_HELP = "Such as the number of the signed form, or the day of the e-mail."
TAKE_BACK = (
    "From now on nobody sees more than the shop's name, and it is not scored. A loan that runs is served as before. "
    "This stays on record; only a new consent opens the file again."
)


class Word(Protocol):
    """See db.consents.Word."""

    act: str
    said_by: str
    evidence: str
    sharing: bool
    begins_on: date
    until_on: date | None
    person_name: str | None
    recorded_at: datetime

    def covers(self, day: date) -> bool: ...


def show(
    words: Sequence[Word],
    *,
    consented: bool,
    today: date,
    may_note: bool,
    on_give: Callable[..., object],
    on_withdraw: Callable[..., object],
) -> None:
    """What holds, in a line, with the earlier words behind it, and the two forms.

    Args:
        words: all that the shop has said, the newest first.
        consented: whether its record may be used today, by its word or by an application's own consent.
        today: the day at the desk.
        may_note: whether the reader may note what a shop says.
        on_give: notes a consent, on the day `today`.
        on_withdraw: notes that it is taken back, by `said_by` and `evidence`.
    """
    told, more = standing(words, consented=consented, today=today), earlier(words)
    st.caption(told, width="content", help=more or None)
    if may_note:
        with st.popover("Note a consent", type="tertiary"):
            _show_give(today, on_give)
    if may_note and consented:
        with st.popover("Consent taken back", type="tertiary"):
            _show_withdraw(on_withdraw)


def standing(words: Sequence[Word], *, consented: bool, today: date) -> str:
    """What holds today, as a sentence."""
    newest = words[0] if words else None
    if newest is not None and newest.covers(today):
        shared = " Partner banks may read it too." if newest.sharing else ""
        return f"Consent of {_who(newest)}, {_see(newest)}, until {_day(newest.until_on)}.{shared}"
    if newest is not None and newest.act == "withdrawn" and not consented:
        return f"⚠ {_who(newest).capitalize()} took the consent back on {_day(newest.begins_on)}, {_see(newest)}."
    if consented:
        return "Consent given with its application."
    if newest is not None and newest.until_on is not None and newest.until_on < today:
        return f"⚠ The consent ended on {_day(newest.until_on)}."
    return "⚠ No consent on record."


def earlier(words: Sequence[Word]) -> str:
    """All that the shop has said and who noted it, a line each."""
    return "  \n".join(_line(word) for word in words)


def _line(word: Word) -> str:
    noted = wording.plain(word.person_name) if word.person_name else "the command line"
    at = wording.moment(word.recorded_at, settings().time_zone)
    if word.until_on is None:
        told = f"Taken back on {_day(word.begins_on)} by {_who(word)}, {_see(word)}"
    else:
        told = f"Given on {_day(word.begins_on)} by {_who(word)} until {_day(word.until_on)}, {_see(word)}"
    return f"{told}. Noted by {noted} on {at}."


def _who(word: Word) -> str:
    return WHO[word.said_by].lower()


def _see(word: Word) -> str:
    return f"see {wording.plain(word.evidence)}"


def _day(day: date | None) -> str:
    return wording.day(day) if day is not None else ""


def show_fields(key: str, *, today: date) -> None:
    """The fields of a consent, with usual values filled in; `given_in` reads them."""
    _show_speaker("Who gave it", f"consent_by_{key}")
    st.text_input(EVIDENCE, key=f"consent_see_{key}", max_chars=LONGEST_EVIDENCE, help=EVIDENCE_HELP)
    left, right = st.columns(2)
    left.date_input("Given on", value=today, max_value=today, key=f"consent_on_{key}", format="YYYY-MM-DD")
    usual = today + timedelta(days=USUAL_DAYS)
    right.date_input("Holds until", value=usual, key=f"consent_until_{key}", format="YYYY-MM-DD")
    st.caption("It covers looking at the record, scoring it, and deciding on a loan.")
    st.checkbox("Partner banks may read it too", key=f"consent_sharing_{key}")


def given_in(key: str, *, today: date) -> Given:
    """What stands in the fields; an emptied day counts as today."""
    said = st.session_state
    days = (said[f"consent_{name}_{key}"] for name in ("on", "until"))
    given_on, until_on = (day if isinstance(day, date) else today for day in days)
    return Given(
        said[f"consent_by_{key}"], said[f"consent_see_{key}"], given_on, until_on, said[f"consent_sharing_{key}"]
    )


def _show_give(today: date, on_give: Callable[..., object]) -> None:
    with st.form("consent_give", border=False):
        show_fields("shop", today=today)
        writing.form_submit_button("Note the consent", on_click=_give, args=(today, on_give))


def _give(today: date, on_give: Callable[..., object]) -> None:
    on_give(given_in("shop", today=today), today=today)


def _show_withdraw(on_withdraw: Callable[..., object]) -> None:
    with st.form("consent_withdraw", border=False):
        _show_speaker("Who took it back", "withdraw_by")
        st.text_input(EVIDENCE, key="withdraw_see", max_chars=LONGEST_EVIDENCE, help=EVIDENCE_HELP)
        st.caption(TAKE_BACK)
        writing.form_submit_button("Close the file", on_click=_withdraw, args=(on_withdraw,))


def _show_speaker(label: str, key: str) -> None:
    st.segmented_control(
        label, SPEAKERS, default="owner", format_func=WHO.__getitem__, key=key, help=WHO_HELP, required=True
    )


def _withdraw(on_withdraw: Callable[..., object]) -> None:
    on_withdraw(said_by=st.session_state["withdraw_by"], evidence=st.session_state["withdraw_see"])
