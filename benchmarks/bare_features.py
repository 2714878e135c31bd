"""What the features ask of the record, as one DuckDB query by hand: one day for all, and no reason why one is missing.

It stands beside scoring.features.compute in `python -m benchmarks features` and has to give the same numbers.
"""

from benchmarks.record import TODAY

YEAR_AGO = TODAY - 365
MONTH = 56 * 12 + 10
"""November 2026, the month of `TODAY`, in months since 1970-01."""

QUERY = f"""
WITH
days_sold AS (
    SELECT shop_id, day, sum(orders) AS orders, sum(net) AS net FROM (
        SELECT shop_id, placed_day AS day, (status <> 'refund')::INTEGER AS orders, gross_minor AS net
        FROM orders WHERE status <> 'cancelled' AND placed_day < {TODAY}
        UNION ALL
        SELECT shop_id, refunded_day, 0, -refunded_minor
        FROM orders WHERE status <> 'cancelled' AND refunded_minor > 0 AND refunded_day < {TODAY}
        UNION ALL
        SELECT shop_id, day, orders, gross_minor - refunded_minor FROM days WHERE day < {TODAY}
    ) GROUP BY shop_id, day
),
span AS (
    SELECT shop_id, min(day) AS first_day, max(day) AS last_day, count(*) FILTER (day >= {YEAR_AGO}) AS active_days
    FROM days_sold WHERE orders > 0 GROUP BY shop_id
),
year AS (
    SELECT shop_id, sum(net) AS net, sum(net) FILTER (day >= {TODAY} - 90) AS recent_net
    FROM days_sold WHERE day >= {YEAR_AGO} GROUP BY shop_id
),
sums AS (
    SELECT shop_id, datediff('month', DATE '1970-01-01', DATE '1970-01-01' + day) AS month, sum(net)::BIGINT AS net
    FROM days_sold GROUP BY ALL
),
months AS (
    SELECT g.shop_id, g.age, coalesce(sums.net, 0) AS net
    FROM (SELECT shop_id, first_day, unnest(range(1, 25)) AS age FROM span) AS g
    LEFT JOIN sums ON sums.shop_id = g.shop_id AND sums.month = {MONTH} - g.age
    WHERE {MONTH} - g.age > datediff('month', DATE '1970-01-01', DATE '1970-01-01' + (g.first_day - 1))
),
month_figures AS (
    SELECT shop_id, count(*) AS months, median(net) FILTER (age <= 12) AS median,
        count(*) FILTER (age <= 12) AS year_months, sum(net) FILTER (age <= 12) AS net,
        sum(net::HUGEINT * net) FILTER (age <= 12) AS squares,
        sum(net) FILTER (age <= 6) AS half, sum(net) FILTER (age BETWEEN 13 AND 18) AS half_before,
        sum(net) FILTER (age <= 3) AS quarter, sum(net) FILTER (age BETWEEN 4 AND 6) AS quarter_before
    FROM months GROUP BY shop_id
),
customers AS (
    SELECT shop_id, count(*) AS buyers, count(*) FILTER (days > 1) AS repeat, sum(paid) AS paid,
        sum(paid::HUGEINT * paid) AS squares
    FROM (
        SELECT shop_id, buyer_ref, sum(gross_minor - if(refunded_day < {TODAY}, refunded_minor, 0))::BIGINT AS paid,
            count(DISTINCT placed_day) FILTER (status <> 'refund') AS days
        FROM orders
        WHERE status <> 'cancelled' AND buyer_ref IS NOT NULL AND placed_day >= {YEAR_AGO} AND placed_day < {TODAY}
        GROUP BY shop_id, buyer_ref
    ) WHERE paid > 0 AND days > 0 GROUP BY shop_id
),
quality AS (
    SELECT shop_id, count(*) FILTER (status <> 'refund') AS placed, count(*) FILTER (status = 'cancelled') AS cancelled,
        count(*) FILTER (status NOT IN ('refund', 'cancelled')) AS kept,
        count(buyer_ref) FILTER (status NOT IN ('refund', 'cancelled')) AS named,
        count(*) FILTER (status NOT IN ('refund', 'cancelled') AND placed_day < {TODAY} - 30) AS ripe,
        count(*) FILTER (status <> 'cancelled' AND placed_day < {TODAY} - 30 AND refunded_day < {TODAY}
            AND refunded_minor > 0) AS refunded,
        count(rating_hundredths) AS ratings, sum(rating_hundredths) AS rated,
        count(rating_hundredths) FILTER (placed_day >= {TODAY} - 90) AS recent_ratings,
        sum(rating_hundredths) FILTER (placed_day >= {TODAY} - 90) AS recent_rated,
        count(delivered_at) AS delivered, count(promised_by) FILTER (status <> 'cancelled') AS promised,
        count(*) FILTER (status <> 'cancelled' AND promised_by IS NOT NULL
            AND coalesce(delivered_at > promised_by, true)) AS late
    FROM orders WHERE placed_day >= {YEAR_AGO} AND placed_day < {TODAY} GROUP BY shop_id
),
bought AS (
    SELECT shop_id, count(*) AS purchases, sum(amount_minor) AS spent FROM purchases
    WHERE status = 'completed' AND purchased_day >= {YEAR_AGO} AND purchased_day < {TODAY} GROUP BY shop_id
),
held AS (
    SELECT shop_id, balance, coalesce(until_day, {TODAY}) AS until_day, booked_day,
        greatest(coalesce(until_day, {TODAY}) - greatest(booked_day, {TODAY} - 90), 0) AS days
    FROM (
        SELECT shop_id, booked_at, booked_day,
            lead(booked_at) OVER moments AS next_at, lead(booked_day) OVER moments AS until_day,
            coalesce(last_value(if(account = 'wallet', balance_minor, NULL) IGNORE NULLS) OVER so_far, 0)
            + coalesce(last_value(if(account = 'fund', balance_minor, NULL) IGNORE NULLS) OVER so_far, 0) AS balance
        FROM wallet WHERE booked_day < {TODAY} AND balance_minor IS NOT NULL AND account IN ('wallet', 'fund')
        WINDOW moments AS (PARTITION BY shop_id ORDER BY booked_at, entry_ref),
            so_far AS (PARTITION BY shop_id ORDER BY booked_at, entry_ref ROWS UNBOUNDED PRECEDING)
    ) WHERE next_at IS NULL OR next_at > booked_at
),
balances AS (
    SELECT h.shop_id, count(*) AS entries, min(balance) FILTER (until_day >= {TODAY} - 90) AS lowest,
        min(balance) FILTER (days > 0 AND so_far * 2 >= closed) AS median, sum(days) AS days,
        sum(days) FILTER (balance * 10 < m.median) AS low_days
    FROM (
        SELECT *, sum(days) OVER (PARTITION BY shop_id ORDER BY balance) AS so_far,
            sum(days) OVER (PARTITION BY shop_id) AS closed FROM held
    ) AS h LEFT JOIN month_figures m ON m.shop_id = h.shop_id GROUP BY h.shop_id
),
debt AS (
    SELECT shop_id, -sum(amount_minor) AS repaid FROM wallet
    WHERE kind = 'loan_repayment' AND booked_day < {TODAY} AND booked_day >= {TODAY} - 90 GROUP BY shop_id
),
dues AS (
    SELECT shop_id, count(*) AS due, count(*) FILTER (late > 0) AS late, max(late) AS worst,
        arg_max(late, (due_day, loan_ref, late)) AS last
    FROM (
        SELECT *, if(paid_day < {TODAY}, greatest(paid_day - due_day, 0), {TODAY} - due_day) AS late
        FROM instalments WHERE due_day < {TODAY} OR paid_day < {TODAY}
    ) GROUP BY shop_id
),
lent AS (
    SELECT shop_id, count(*) AS loans, count(*) FILTER (closed_day < {TODAY}) AS repaid,
        count(*) FILTER (closed_day < {TODAY} AND closed_day < final_due_day) AS early,
        sum(least(coalesce(closed_day, {TODAY}), {TODAY}) - disbursed_day) AS days
    FROM loans WHERE disbursed_day < {TODAY} GROUP BY shop_id
)
SELECT
    s.shop_id, s.currency,
    m.median AS median_month_minor,
    least(if(m.months >= 18, m.half / m.half_before, m.quarter / m.quarter_before) - 1, 1) AS sales_trend,
    sqrt((m.year_months * m.squares - m.net * m.net)::DOUBLE) / m.net AS sales_volatility,
    p.active_days / greatest({TODAY} - greatest(p.first_day, {YEAR_AGO}), 90) AS active_days_share,
    {TODAY} - p.last_day AS last_sale_days,
    ({TODAY} - least(s.opened_day, p.first_day)) * 12 / 365.25 AS tenure_months,
    c.buyers, c.squares::DOUBLE / (c.paid * c.paid)::DOUBLE AS buyer_concentration,
    c.repeat / c.buyers AS repeat_buyers_share,
    1 - b.spent / y.net AS cash_margin,
    w.lowest / m.median AS lowest_balance_ratio, w.median / m.median AS median_balance_ratio,
    coalesce(w.low_days, 0) / w.days AS low_balance_share,
    greatest(coalesce(d.repaid, 0), 0) / y.recent_net AS debt_service_share,
    least((q.refunded + 0.4) / (q.ripe + 20), 1) AS refunded_share, (q.cancelled + 1.2) / (q.placed + 20)
        AS cancelled_share,
    (coalesce(q.rated, s.rating_hundredths * s.reviews) + 4100) / (if(q.ratings > 0, q.ratings, s.reviews) + 10) / 100
        AS rating,
    (q.late + 1.6) / (q.promised + 20) AS late_share,
    ((q.recent_rated + 4100) / (q.recent_ratings + 10)
        - (q.rated - q.recent_rated + 4100) / (q.ratings - q.recent_ratings + 10)) / 100 AS rating_trend,
    (i.late + 0.34) / (i.due + 2) AS late_instalments_share, i.worst AS worst_late_days, i.last AS last_late_days,
    l.days AS days_on_book, l.early / l.repaid AS repaid_early_share
FROM shops s
LEFT JOIN span p ON p.shop_id = s.shop_id
LEFT JOIN year y ON y.shop_id = s.shop_id
LEFT JOIN month_figures m ON m.shop_id = s.shop_id
LEFT JOIN customers c ON c.shop_id = s.shop_id
LEFT JOIN quality q ON q.shop_id = s.shop_id
LEFT JOIN bought b ON b.shop_id = s.shop_id
LEFT JOIN balances w ON w.shop_id = s.shop_id
LEFT JOIN debt d ON d.shop_id = s.shop_id
LEFT JOIN dues i ON i.shop_id = s.shop_id
LEFT JOIN lent l ON l.shop_id = s.shop_id
ORDER BY s.shop_id
"""
