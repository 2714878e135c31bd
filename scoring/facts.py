"""The facts of each shop as of a day, in SQL: what the features of scoring.features are made of.

Whole numbers only, so that a shop has the same facts alone and among all. The one place that hides what became
known later is `known_orders`. `shops` says as of which day each is looked at: as_of_day and year_ago_day count days
since 1970-01-01, as_of_month counts months since 1970-01, as_of_at is the moment when that day began in its zone.
"""

# A full month's age: 1 is the last one that ended before as_of.
MONTHS_READ = 24
REFUND_DELAY_DAYS = 30
BALANCE_DAYS = 90
RECENT_RATING_DAYS = 90
# A tenth of a usual month is the largest instalment that a lender who knows his trade asks for.
INSTALMENTS_A_MONTH = 10

# Orders as they stood at as_of: an order cancelled later was open, a refund, delivery or rating of later did not exist.
# A cancellation or rating without a time of its own counts from the batch that brought it.
KNOWN_ORDERS = f"""
known_orders AS (
    SELECT
        o.shop_id, o.placed_day, o.buyer_ref, o.gross_minor, o.promised_by,
        o.status = 'refund' AS free_refund,
        o.status = 'cancelled' AND coalesce(o.cancelled_at < s.as_of_at, TRUE) AS cancelled,
        CASE WHEN o.refunded_day < s.as_of_day THEN o.refunded_minor ELSE 0 END AS refunded_minor,
        CASE WHEN o.refunded_day < s.as_of_day THEN o.refunded_day END AS refunded_day,
        CASE WHEN o.delivered_at < s.as_of_at THEN o.delivered_at END AS delivered_at,
        CASE WHEN coalesce(o.reviewed_at < s.as_of_at, TRUE) THEN o.rating_hundredths END AS rating_hundredths,
        o.promised_by < s.as_of_at AS promise_due,
        o.placed_day >= s.year_ago_day AS in_year,
        o.placed_day < s.as_of_day - {REFUND_DELAY_DAYS} AS old_enough,
        o.placed_day >= s.as_of_day - {RECENT_RATING_DAYS} AS recent
    FROM orders o JOIN shops s ON s.shop_id = o.shop_id
    WHERE o.placed_day < s.as_of_day
)"""

# Net sales by the event's own time: an order on the day it was placed, a refund on the day it was made.
DAILY_SALES = f"""
daily_sales AS (
    SELECT m.shop_id, m.day, any_value(m.day >= s.year_ago_day) AS in_year,
        any_value(m.day >= s.as_of_day - {BALANCE_DAYS}) AS recent,
        sum(m.orders) AS orders, sum(m.net_minor) AS net_minor
    FROM (
        SELECT shop_id, placed_day AS day, CAST(NOT free_refund AS INTEGER) AS orders, gross_minor AS net_minor
        FROM known_orders WHERE NOT cancelled
        UNION ALL
        SELECT shop_id, refunded_day, 0, -refunded_minor
        FROM known_orders WHERE NOT cancelled AND refunded_minor > 0
        UNION ALL
        SELECT shop_id, day, orders, gross_minor - refunded_minor
        FROM days
    ) AS m JOIN shops s ON s.shop_id = m.shop_id
    WHERE m.day < s.as_of_day
    GROUP BY m.shop_id, m.day
)"""

SALES_SPAN = """
sales_span AS (
    SELECT
        shop_id,
        min(day) FILTER (WHERE orders > 0) AS first_sale_day,
        max(day) FILTER (WHERE orders > 0) AS last_sale_day,
        count(*) FILTER (WHERE orders > 0 AND in_year) AS active_days,
        sum(net_minor) FILTER (WHERE in_year) AS year_net_minor,
        sum(net_minor) FILTER (WHERE recent) AS recent_net_minor
    FROM daily_sales
    GROUP BY shop_id
)"""

# Each full month since the first sale; a month without sales is a zero, one before or about the first sale is left out.
MONTHLY_SALES = f"""
monthly_sales AS (
    SELECT g.shop_id, g.age, coalesce(m.net_minor, 0) AS net_minor
    FROM (
        SELECT p.shop_id, s.as_of_month,
            date_diff('month', DATE '1970-01-01', DATE '1970-01-01' + p.first_sale_day)
                + CASE WHEN day(DATE '1970-01-01' + p.first_sale_day) = 1 THEN 0 ELSE 1 END AS first_month,
            unnest(range(1, {MONTHS_READ + 1})) AS age
        FROM sales_span p JOIN shops s ON s.shop_id = p.shop_id
    ) AS g
    LEFT JOIN (
        SELECT shop_id, date_diff('month', DATE '1970-01-01', DATE '1970-01-01' + day) AS month,
            CAST(sum(net_minor) AS BIGINT) AS net_minor
        FROM daily_sales GROUP BY shop_id, month
    ) AS m ON m.shop_id = g.shop_id AND m.month = g.as_of_month - g.age
    WHERE g.as_of_month - g.age >= g.first_month
)"""

MONTH_FIGURES = """
month_figures AS (
    SELECT
        shop_id,
        count(*) AS months,
        count(*) FILTER (WHERE age <= 12) AS year_months,
        median(net_minor) FILTER (WHERE age <= 12) AS median_month_minor,
        sum(net_minor) FILTER (WHERE age <= 12) AS months_sum_minor,
        sum(CAST(net_minor AS HUGEINT) * net_minor) FILTER (WHERE age <= 12) AS months_squares,
        coalesce(sum(net_minor) FILTER (WHERE age BETWEEN 1 AND 6), 0) AS half_year_minor,
        coalesce(sum(net_minor) FILTER (WHERE age BETWEEN 13 AND 18), 0) AS half_year_before_minor,
        coalesce(sum(net_minor) FILTER (WHERE age BETWEEN 1 AND 3), 0) AS quarter_minor,
        coalesce(sum(net_minor) FILTER (WHERE age BETWEEN 4 AND 6), 0) AS quarter_before_minor
    FROM monthly_sales GROUP BY shop_id
)"""

# What each named buyer paid in the last twelve months, less what was paid back.
BUYERS = """
customers AS (
    SELECT
        shop_id,
        count(*) AS buyers,
        count(*) FILTER (WHERE bought_days >= 2) AS repeat_buyers,
        sum(paid_minor) AS buyers_sum_minor,
        sum(CAST(paid_minor AS HUGEINT) * paid_minor) AS buyers_squares
    FROM (
        SELECT
            shop_id, buyer_ref,
            CAST(sum(gross_minor - refunded_minor) AS BIGINT) AS paid_minor,
            count(DISTINCT placed_day) FILTER (WHERE NOT free_refund) AS bought_days
        FROM known_orders
        WHERE NOT cancelled AND buyer_ref IS NOT NULL AND in_year
        GROUP BY shop_id, buyer_ref
    ) AS buyers
    WHERE paid_minor > 0 AND bought_days > 0
    GROUP BY shop_id
)"""

QUALITY = """
quality AS (
    SELECT
        shop_id,
        count(*) FILTER (WHERE NOT free_refund) AS placed,
        count(*) FILTER (WHERE cancelled) AS cancelled,
        count(*) FILTER (WHERE NOT free_refund AND NOT cancelled) AS kept,
        count(*) FILTER (WHERE NOT free_refund AND NOT cancelled AND buyer_ref IS NOT NULL) AS named,
        count(*) FILTER (WHERE NOT cancelled AND old_enough) AS ripe_rows,
        count(*) FILTER (WHERE NOT free_refund AND NOT cancelled AND old_enough) AS ripe,
        count(*) FILTER (WHERE NOT cancelled AND refunded_minor > 0 AND old_enough) AS ripe_refunded,
        count(rating_hundredths) AS ratings,
        coalesce(sum(rating_hundredths), 0) AS ratings_sum,
        count(rating_hundredths) FILTER (WHERE recent) AS recent_ratings,
        sum(rating_hundredths) FILTER (WHERE recent) AS recent_ratings_sum,
        count(delivered_at) AS delivered,
        count(*) FILTER (WHERE promise_due AND NOT cancelled) AS promised,
        count(*) FILTER (
            WHERE promise_due AND NOT cancelled AND coalesce(delivered_at > promised_by, TRUE)
        ) AS late
    FROM known_orders WHERE in_year
    GROUP BY shop_id
)"""

BOUGHT = """
bought AS (
    SELECT b.shop_id, count(*) AS purchases, sum(b.amount_minor) AS purchases_minor
    FROM purchases b JOIN shops s ON s.shop_id = b.shop_id
    WHERE b.status = 'completed' AND b.purchased_day >= s.year_ago_day AND b.purchased_day < s.as_of_day
    GROUP BY b.shop_id
)"""

# What wallet and fund held after each entry; lending.balances.held has the same rule in words. Entries of the wallet
# that name no balance tell nothing of it.
HELD = """
held AS (
    SELECT shop_id, booked_at, booked_day, as_of_day, entry_ref, account,
        coalesce(
            balance_minor,
            moved_minor + coalesce(
                last_value(balance_minor - moved_minor IGNORE NULLS) OVER (
                    PARTITION BY shop_id, account ORDER BY booked_at, entry_ref
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ),
                first_value(balance_minor - moved_minor IGNORE NULLS) OVER (
                    PARTITION BY shop_id, account ORDER BY booked_at, entry_ref
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                ),
                greatest(0, -min(moved_minor) OVER (PARTITION BY shop_id, account))
            )
        ) AS balance_minor
    FROM (
        SELECT w.shop_id, w.booked_at, w.booked_day, s.as_of_day, w.entry_ref, w.account, w.balance_minor,
            CAST(sum(w.amount_minor) OVER (
                PARTITION BY w.shop_id, w.account ORDER BY booked_at, entry_ref
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS BIGINT) AS moved_minor
        FROM wallet w JOIN shops s ON s.shop_id = w.shop_id
        WHERE w.booked_day < s.as_of_day
            AND (w.account = 'fund' OR (w.account = 'wallet' AND w.balance_minor IS NOT NULL))
    ) AS moved
)"""

# Wallet and fund together after each moment; a balance stands until the next entry, so the last one before the
# window counts too. Entries of one moment are taken as one. What stands over midnight closes so many of the days.
STANDING = f"""
standing AS (
    SELECT shop_id, balance_minor,
        until_day IS NULL OR until_day >= as_of_day - {BALANCE_DAYS} AS in_window,
        greatest(
            coalesce(until_day, as_of_day) - greatest(booked_day, as_of_day - {BALANCE_DAYS}), 0
        ) AS closing_days
    FROM (
        SELECT
            shop_id, booked_at, booked_day, as_of_day,
            lead(booked_at) OVER moments AS next_at,
            lead(booked_day) OVER moments AS until_day,
            coalesce(last_value(CASE WHEN account = 'wallet' THEN balance_minor END IGNORE NULLS) OVER so_far, 0)
            + coalesce(last_value(CASE WHEN account = 'fund' THEN balance_minor END IGNORE NULLS) OVER so_far, 0)
            AS balance_minor
        FROM held
        WINDOW
            moments AS (PARTITION BY shop_id ORDER BY booked_at, entry_ref),
            so_far AS (
                PARTITION BY shop_id ORDER BY booked_at, entry_ref ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            )
    ) AS moment
    WHERE next_at IS NULL OR next_at > booked_at
)"""

# The median is that of the closes of the days: the lowest balance up to which half of them lie.
BALANCES = f"""
balances AS (
    SELECT b.shop_id, count(*) AS entries,
        min(balance_minor) FILTER (WHERE in_window) AS lowest_balance_minor,
        min(balance_minor) FILTER (WHERE closing_days > 0 AND closed_so_far * 2 >= closed) AS median_balance_minor,
        sum(closing_days) AS closed_days,
        sum(closing_days) FILTER (
            WHERE balance_minor * {INSTALMENTS_A_MONTH} < m.median_month_minor
        ) AS low_balance_days
    FROM (
        SELECT *, sum(closing_days) OVER (PARTITION BY shop_id ORDER BY balance_minor) AS closed_so_far,
            sum(closing_days) OVER (PARTITION BY shop_id) AS closed
        FROM standing
    ) AS b LEFT JOIN month_figures m ON m.shop_id = b.shop_id
    GROUP BY b.shop_id
)"""

DEBT_SERVICE = f"""
debt_service AS (
    SELECT w.shop_id, -sum(w.amount_minor) AS repaid_minor
    FROM wallet w JOIN shops s ON s.shop_id = w.shop_id
    WHERE w.kind = 'loan_repayment' AND w.booked_day < s.as_of_day AND w.booked_day >= s.as_of_day - {BALANCE_DAYS}
    GROUP BY w.shop_id
)"""

# Days late of each instalment that fell due or was paid before: of one still unpaid, to as_of.
REPAYMENT = """
repayment AS (
    SELECT shop_id, count(*) AS instalments_due, count(*) FILTER (WHERE late_days > 0) AS instalments_late,
        max(late_days) AS worst_late_days,
        max({'due': due_day, 'loan': loan_ref, 'late': late_days}).late AS last_late_days
    FROM (
        SELECT i.shop_id, i.loan_ref, i.due_day,
            CASE WHEN i.paid_day < s.as_of_day THEN greatest(i.paid_day - i.due_day, 0)
            ELSE s.as_of_day - i.due_day END AS late_days
        FROM instalments i JOIN shops s ON s.shop_id = i.shop_id
        WHERE i.due_day < s.as_of_day OR i.paid_day < s.as_of_day
    ) AS due
    GROUP BY shop_id
)"""

LENT = """
lent AS (
    SELECT shop_id, count(*) AS loans, count(closed_day) AS loans_repaid,
        count(*) FILTER (WHERE closed_day < final_due_day) AS loans_repaid_early,
        sum(coalesce(closed_day, as_of_day) - disbursed_day) AS days_on_book
    FROM (
        SELECT l.shop_id, l.disbursed_day, l.final_due_day, s.as_of_day,
            CASE WHEN l.closed_day < s.as_of_day THEN l.closed_day END AS closed_day
        FROM loans l JOIN shops s ON s.shop_id = l.shop_id
        WHERE l.disbursed_day < s.as_of_day
    ) AS known
    GROUP BY shop_id
)"""

# One row per shop. A count of what is not there is zero; any other fact of it is missing.
FACTS = """
facts AS (
    SELECT
        s.shop_id, s.currency, s.rating_hundredths, s.reviews, s.as_of_day, s.year_ago_day,
        p.first_sale_day, p.last_sale_day, coalesce(p.active_days, 0) AS active_days,
        least(CASE WHEN s.opened_day < s.as_of_day THEN s.opened_day END, p.first_sale_day) AS known_since_day,
        coalesce(p.year_net_minor, 0) AS year_net_minor, coalesce(p.recent_net_minor, 0) AS recent_net_minor,
        coalesce(m.months, 0) AS months, coalesce(m.year_months, 0) AS year_months,
        m.median_month_minor, m.months_sum_minor, m.months_squares,
        m.half_year_minor, m.half_year_before_minor, m.quarter_minor, m.quarter_before_minor,
        coalesce(c.buyers, 0) AS buyers, c.repeat_buyers, c.buyers_sum_minor, c.buyers_squares,
        coalesce(q.placed, 0) AS placed, coalesce(q.cancelled, 0) AS cancelled, coalesce(q.kept, 0) AS kept,
        coalesce(q.named, 0) AS named, coalesce(q.ripe_rows, 0) AS ripe_rows, q.ripe, q.ripe_refunded,
        coalesce(q.ratings, 0) AS ratings, q.ratings_sum,
        coalesce(q.recent_ratings, 0) AS recent_ratings, q.recent_ratings_sum,
        coalesce(q.delivered, 0) AS delivered, coalesce(q.promised, 0) AS promised, q.late,
        coalesce(b.purchases, 0) AS purchases, b.purchases_minor,
        coalesce(w.entries, 0) AS entries, w.lowest_balance_minor, w.median_balance_minor,
        coalesce(w.closed_days, 0) AS closed_days, coalesce(w.low_balance_days, 0) AS low_balance_days,
        coalesce(v.repaid_minor, 0) AS repaid_minor,
        coalesce(r.instalments_due, 0) AS instalments_due, r.instalments_late, r.worst_late_days, r.last_late_days,
        coalesce(l.loans, 0) AS loans, coalesce(l.loans_repaid, 0) AS loans_repaid, l.loans_repaid_early, l.days_on_book
    FROM shops s
    LEFT JOIN sales_span p ON p.shop_id = s.shop_id
    LEFT JOIN month_figures m ON m.shop_id = s.shop_id
    LEFT JOIN customers c ON c.shop_id = s.shop_id
    LEFT JOIN quality q ON q.shop_id = s.shop_id
    LEFT JOIN bought b ON b.shop_id = s.shop_id
    LEFT JOIN balances w ON w.shop_id = s.shop_id
    LEFT JOIN debt_service v ON v.shop_id = s.shop_id
    LEFT JOIN repayment r ON r.shop_id = s.shop_id
    LEFT JOIN lent l ON l.shop_id = s.shop_id
)"""

STEPS = (
    KNOWN_ORDERS,
    DAILY_SALES,
    SALES_SPAN,
    MONTHLY_SALES,
    MONTH_FIGURES,
    BUYERS,
    QUALITY,
    BOUGHT,
    HELD,
    STANDING,
    BALANCES,
    DEBT_SERVICE,
    REPAYMENT,
    LENT,
    FACTS,
)
