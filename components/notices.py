"""What an applicant is told of each reason: plain words, never an accusation."""

REASON_NOTICES = {
    "sales_too_low": "The shop's sales are too low for the amount asked for.",
    "sales_falling": "The shop's sales have fallen, or differ too much from month to month.",
    "short_history": "The shop has not sold for long enough to judge its sales over the year.",
    "excess_obligations": "After its purchases and other debts the shop keeps too little for the instalments.",
    "poor_repayment": "Instalments of an earlier loan from us were paid late.",
    "high_refunds": "Too large a share of sales was refunded, cancelled or disputed.",
    "rating_decline": "Buyers' ratings of the shop are low or have fallen, or too many parcels came late.",
    "buyer_concentration": "Too much of the shop's sales depends on few buyers.",
    "unusual_payments": "Some payments did not look like ordinary sales, and we could not explain them.",
    "unable_to_verify": "We could not verify what the application says.",
    "incomplete_application": "The application lacks documents or data that we asked for.",
    "policy_exclusion": "Our lending policy does not allow this kind of loan at present.",
}
