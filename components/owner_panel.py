"""What Review says of an owner: other shops, what is owed to us, and money from other lenders."""

from typing import Protocol

import pandas as pd
import streamlit as st

from components import sentences, wording
from lending.offer import Debt


class Owed(Protocol):
    """What is owed to us; see db.exposure."""

    debt: Debt
    loans: int
    approved_minor: int


class Owner(Protocol):
    """What is known of the owner; see db.exposure."""

    other_shops: int
    other_names: tuple[str, ...]
    wallet_known: bool
    received: int
    received_minor: int
    repaid_minor: int

    @property
    def owed(self) -> Owed:
        """Over all shops."""


def show_owner(owner: Owner, earlier: pd.DataFrame, *, policy_currency: str, shop_currency: str) -> None:
    """What else the owner owes and asked for: other shops, other lenders, earlier applications.

    Args:
        owner: see db.exposure.
        earlier: of db.applications.of_shop, without the application at hand.
        policy_currency: of the debt.
        shop_currency: of the shop's wallet.
    """
    apart = wording.count(owner.other_shops, "other shop")
    names = wording.listed([*owner.other_names, *(["more"] if owner.other_shops > len(owner.other_names) else [])])
    lines = [
        f"Other shops of the owner: {wording.plain(names)}"
        if owner.other_shops
        else "No other shop of the owner is known",
        sentences.earlier_sentence(earlier),
        sentences.lenders_sentence(owner, shop_currency),
    ]
    if owner.owed.debt.instalment_minor:
        monthly = wording.plain(wording.money(owner.owed.debt.instalment_minor, policy_currency))
        lines.insert(0, f"Instalments of {monthly} in the coming month")
    with st.container(border=True, gap="xsmall", height="stretch"):
        title = wording.plain(owed_title(owner.owed, policy_currency))
        st.markdown(
            f"##### {title}{f', {apart}' if owner.other_shops else ''}",
            help="Over all shops of the owner: the principal that is outstanding on loans, and what was approved and "
            "not paid out yet, whole to the end of its term. It comes off the limits of the offer.",
        )
        st.markdown("  \n".join(lines))


def owed_title(owed: Owed, currency: str) -> str:
    """What the owner owes, and whether it is lent or only approved."""
    lent = owed.debt.balance_minor - owed.approved_minor
    approved = f"{wording.money_short(owed.approved_minor, currency)} approved and not paid out"
    if not owed.loans:
        return approved if owed.approved_minor else "Nothing is owed to us"
    title = f"{wording.money_short(lent, currency)} owed to us on {wording.count(owed.loans, 'loan')}"
    return f"{title}, {approved}" if owed.approved_minor else title
