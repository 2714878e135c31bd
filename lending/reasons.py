"""The principal reasons that a decision may give, as codes; `components/wording.py` has their words."""

SALES_TOO_LOW = "sales_too_low"
SALES_FALLING = "sales_falling"
SHORT_HISTORY = "short_history"
EXCESS_OBLIGATIONS = "excess_obligations"
POOR_REPAYMENT = "poor_repayment"
HIGH_REFUNDS = "high_refunds"
RATING_DECLINE = "rating_decline"
BUYER_CONCENTRATION = "buyer_concentration"
UNUSUAL_PAYMENTS = "unusual_payments"
UNABLE_TO_VERIFY = "unable_to_verify"
INCOMPLETE_APPLICATION = "incomplete_application"
POLICY_EXCLUSION = "policy_exclusion"

# In the order in which an officer reads them: the shop's sales first, the desk's own rules last.
REASONS = (
    SALES_TOO_LOW,
    SALES_FALLING,
    SHORT_HISTORY,
    EXCESS_OBLIGATIONS,
    POOR_REPAYMENT,
    HIGH_REFUNDS,
    RATING_DECLINE,
    BUYER_CONCENTRATION,
    UNUSUAL_PAYMENTS,
    UNABLE_TO_VERIFY,
    INCOMPLETE_APPLICATION,
    POLICY_EXCLUSION,
)
