"""What Review shows of bought sales: one line where nothing was found, else a card with the numbers and the orders."""

import streamlit as st

from components import signs_words, wording
from components.cards import show_figure
from components.figure import Drawing
from components.signs_chart import weeks_figure
from scoring.manipulation_record import Manipulation

ROW_HEIGHT, HEAD_HEIGHT, MOST_HEIGHT = 35, 38, 560


def show_signs(found: Manipulation, *, currency: str, time_zone: str) -> Drawing | None:
    """The signs of bought sales in a shop's record; returns the chart that was drawn, for cards.show_numbers.

    Args:
        found: of scoring.manipulation_record.read_manipulation.
        currency: of the shop.
        time_zone: of the shop, by whose clock the times of orders are told.
    """
    if signs_words.quiet(found):
        mark = ":green[✓] " if signs_words.looked_through(found) else ""
        st.caption(f"{mark}{wording.plain(signs_words.quiet_line(found))}")
        return None
    title = signs_words.title(found)
    with st.container(border=True, gap="xsmall"):
        badge = f":orange-badge[:material/flag: {wording.FLAGS['unusual_sales']}] " if found.flagged else ""
        st.markdown(f"##### {badge}{wording.plain(title)}", help=signs_words.SET_ASIDE if found.aside_orders else None)
        drawing = _show_weeks_and_features(found, title, currency) if found.weeks else None
        lines = [f"- {wording.plain(signs_words.sign_sentence(sign))}" for sign in found.fired]
        if lines:
            st.markdown("\n".join(lines))
        told = signs_words.not_looked_at(found).removeprefix("; ")
        about = signs_words.REASON_TO_LOOK if found.aside_orders else signs_words.SIGNS_ALONE
        st.caption(" ".join([about, *([f"{told[0].upper()}{told[1:]}."] if told else [])]))
        if found.suspects and st.button("Show the orders", type="tertiary", icon=":material/list:", key="suspects"):
            show_orders(found, currency=currency, time_zone=time_zone)
    return drawing


def _show_weeks_and_features(found: Manipulation, title: str, currency: str) -> Drawing:
    drawing = weeks_figure(found.weeks, currency=currency, title=title)
    rows = signs_words.feature_rows(found, currency)
    left, right = st.columns([1.5, 1], gap="small")
    with left:
        show_figure(drawing, key="aside_weeks")
    with right:
        right_aligned = {
            name: st.column_config.TextColumn(alignment="right", width=96) for name in ("On record", "Without them")
        }
        st.dataframe(rows, hide_index=True, height=_height(len(rows), most=206), column_config=right_aligned)
    return drawing


@st.dialog("Orders set aside", width="large", position="right")
def show_orders(found: Manipulation, *, currency: str, time_zone: str) -> None:
    """The orders behind the finding, in a drawer."""
    st.markdown(f"**{wording.plain(signs_words.orders_title(found, currency))}**")
    rows = signs_words.order_rows(found, currency=currency, time_zone=time_zone)
    st.dataframe(
        rows,
        hide_index=True,
        height=_height(len(rows), most=MOST_HEIGHT),
        column_config={"Amount": st.column_config.TextColumn(alignment="right")},
    )
    st.caption(signs_words.REASON_TO_LOOK)


def _height(rows: int, *, most: int) -> int:
    return min(ROW_HEIGHT * rows + HEAD_HEIGHT, most)
