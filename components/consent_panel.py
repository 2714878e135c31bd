"""What a shop said of the use of its record: the line above its dossier, and the forms that note its word."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import streamlit as st

from components import consent_words, refusals, writing
from components.consent_words import Word
from lending.consent import LONGEST_EVIDENCE, SPEAKERS, USUAL_DAYS, Given, check_given
from lending.errors import ConsentRefused

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
    told = consent_words.standing(words, consented=consented, today=today)
    more = consent_words.earlier(words)
    st.caption(told, width="content", help=more or None)
    if may_note:
        with st.popover("Note a consent", type="tertiary"):
            _show_give(today, on_give)
    if may_note and consented:
        with st.popover("Consent taken back", type="tertiary"):
            _show_withdraw(on_withdraw)


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


def ask(words: Sequence[Word], *, consented: bool, today: date, key: str) -> Given | None:
    """Asks, beside an export, whether its shop has consented; what it consented to, if a new consent is noted.

    Args:
        words: all that the shop has said, the newest first; nothing of a new one.
        consented: whether its record may be used today.
        today: the day at the desk.
        key: of the widgets.
    """
    if consented:
        st.caption(consent_words.standing(words, consented=True, today=today))
    if not st.checkbox("Note a newer consent" if consented else "The shop has consented", key=f"consents_{key}"):
        if not consented:
            st.caption("⚠ Without its consent the shop can't be scored, and only its name is seen.")
        return None
    show_fields(key, today=today)
    given = given_in(key, today=today)
    if problem := problem_of(given, today=today):
        st.caption(f"⚠ {problem}")
    return given


def problem_of(given: Given | None, *, today: date) -> str:
    """Why a consent can't be noted so, in a sentence; empty where it can, and without one."""
    try:
        if given is not None:
            check_given(given, today=today)
    except ConsentRefused as refusal:
        return refusals.sentence(refusal)
    return ""


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
        label,
        SPEAKERS,
        default="owner",
        format_func=consent_words.WHO.__getitem__,
        key=key,
        help=WHO_HELP,
        required=True,
    )


def _withdraw(on_withdraw: Callable[..., object]) -> None:
    on_withdraw(said_by=st.session_state["withdraw_by"], evidence=st.session_state["withdraw_see"])
