"""The card of the loans that a shop had with us, for Review and the dossier."""

from components import cards, repayment_chart, repayment_words, wording
from components.figure import Drawing
from lending.repayment_history import History

ABOUT = (
    "Each mark is an instalment, in the order in which they fell due. It is paid on the day that completed it, the "
    "oldest first; what a new schedule replaced is not shown. The totals are those that the score reads."
)
MOST_IN_REVIEW, MOST_IN_DOSSIER = 3, 12


def show_newest(history: History) -> Drawing | None:
    """The newest loans, in a column of Review; nothing where there is none, which the owner's card says."""
    return _show(history, most=MOST_IN_REVIEW) if history.strips else None


def show_repayments(history: History) -> Drawing | None:
    """A strip for each loan with its instalments, and the totals that the score uses; returns what was drawn."""
    if not history.strips:
        cards.show_nothing(
            repayment_words.NONE, "Nothing is known of how this shop repays: no loan was paid out to it."
        )
        return None
    return _show(history, most=MOST_IN_DOSSIER)


def _show(history: History, *, most: int) -> Drawing:
    more = len(history.strips) - most
    older = f" {wording.count(more, 'older loan')} in the numbers." if more > 0 else ""
    return cards.show_drawing(
        repayment_chart.strips_figure(history, most=most),
        key="repayments",
        about=ABOUT,
        caption=f"{repayment_words.totals_sentence(history.totals)}. {repayment_words.LEGEND}.{older}",
    )
