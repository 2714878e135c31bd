"""The words for each feature of a score: beside a bar, and within a sentence."""

from components import wording
from scoring.records import Contribution, Reason

# Features whose short name says a length of time, where there is none.
UNKNOWN = {"last_sale_days": "its last sale"}

# Short names of the features, as they stand beside a bar.
FACTORS = {
    "median_month_minor": "Monthly net sales",
    "sales_trend": "Sales trend",
    "sales_volatility": "Sales ups and downs",
    "active_days_share": "Days with a sale",
    "last_sale_days": "Since the last sale",
    "tenure_months": "Time in trade",
    "buyers": "Number of buyers",
    "buyer_concentration": "Buyer concentration",
    "repeat_buyers_share": "Buyers who came back",
    "cash_margin": "Left after purchases",
    "lowest_balance_ratio": "Lowest balance",
    "median_balance_ratio": "Usual balance",
    "low_balance_share": "Days low on money",
    "debt_service_share": "Paid to lenders",
    "refunded_share": "Orders refunded",
    "cancelled_share": "Orders cancelled",
    "rating": "Rating",
    "late_share": "Delivered late",
    "rating_trend": "Rating of late",
    "late_instalments_share": "Instalments late",
    "worst_late_days": "Worst days late",
    "last_late_days": "Days late at last",
    "days_on_book": "Days as a borrower",
    "repaid_early_share": "Loans repaid early",
}
AS_CHANGE = {"sales_trend"}
# What each feature says of a shop in a sentence: where it lifts the score, and where it lowers it.
SPEAKS = {
    "median_month_minor": ("large sales", "small sales"),
    "sales_trend": ("better growth than most", "less growth than most"),
    "sales_volatility": ("even months", "uneven months"),
    "active_days_share": ("sales on most days", "many days without a sale"),
    "last_sale_days": ("a recent sale", "a while since the last sale"),
    "tenure_months": ("a long record", "a short record"),
    "buyers": ("many buyers", "few buyers"),
    "buyer_concentration": ("sales spread over its buyers", "dependence on few buyers"),
    "repeat_buyers_share": ("buyers who come back", "few buyers who come back"),
    "cash_margin": ("a good margin over purchases", "a thin margin over purchases"),
    "lowest_balance_ratio": ("money kept at hand", "a wallet that runs low"),
    "median_balance_ratio": ("money at hand on most days", "little money on most days"),
    "low_balance_share": ("money for an instalment on most days", "many days without money for an instalment"),
    "debt_service_share": ("little to repay elsewhere", "much to repay elsewhere"),
    "refunded_share": ("few refunds", "many refunds"),
    "cancelled_share": ("few cancellations", "many cancellations"),
    "rating": ("good ratings", "poor ratings"),
    "late_share": ("parcels on time", "late parcels"),
    "rating_trend": ("ratings on the rise", "ratings on the decline"),
    "late_instalments_share": ("instalments paid on time", "instalments paid late"),
    "worst_late_days": ("no long delay of an instalment", "a long delay of an instalment"),
    "last_late_days": ("its last instalment on time", "its last instalment late"),
    "days_on_book": ("a long time as our borrower", "a short time as our borrower"),
    "repaid_early_share": ("loans repaid early", "loans run to their end"),
}


def factor(feature: str) -> str:
    """The short name of a feature."""
    return FACTORS.get(feature, feature.replace("_", " ").capitalize())


def factor_value(feature: str, unit: str, value: float | None, currency: str) -> str:
    """A feature's value as it is shown beside its bar."""
    if feature in AS_CHANGE:
        return wording.change(value)
    return wording.quantity(value, unit, currency)


def usual_value(each: Reason | Contribution, currency: str) -> str:
    """What a usual shop has; of amounts in another currency than the card's it can't be told."""
    if each.missing == "other_currency":
        return wording.MISSING
    return factor_value(each.feature, each.unit, each.usual_value, currency)


def inside(name: str) -> str:
    """A short name within a sentence."""
    return name[0].lower() + name[1:]
