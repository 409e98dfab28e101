"""Which rows of which schedules hold for some order lines, as common table expressions: `tariffs.version` as a set.

`asked`: the order lines. `rules`: the rows, with their version. `picked`: per place (account, channel, programme, category,
day, currency) and class, the version that holds; `lacks` says what it needs and the line does not tell.
"""

PICKED = """
asked AS MATERIALIZED ({asked}), rules AS MATERIALIZED (
    SELECT rule.*, min(rule.id) OVER (PARTITION BY rule.account_id, rule.marketplace, rule.channel, rule.category,
        rule.programme, rule.line_class, rule.currency, rule.valid_from) AS version
    FROM finance_feerule rule WHERE rule.withdrawn_at IS NULL AND rule.line_class = ANY(%(classes)s)
), versions AS (
    SELECT version, account_id, marketplace, channel, category, programme, line_class, currency, valid_from,
        bool_or(is_end) AS is_end, bool_or(coalesce(weight_from_g, weight_below_g) IS NOT NULL) AS has_weight,
        bool_or(coalesce(longest_mm, middle_mm, shortest_mm, volume_divisor) IS NOT NULL) AS has_size,
        bool_or(basis IN ('item', 'paid') AND NOT basis_includes_vat) AS needs_net
    FROM rules GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
), places AS (
    SELECT DISTINCT account_id, marketplace, channel, programme, category, day, currency FROM asked
), valid AS (
    SELECT DISTINCT ON (place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
            version.line_class, version.account_id, version.channel, version.category, version.programme,
            version.currency)
        place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
        version.version, version.line_class, version.is_end, version.has_weight,
        version.has_size, version.needs_net,
        version.account_id IS NOT NULL AS is_own, version.channel <> '' AS of_channel,
        version.category <> '' AS of_category, version.programme <> '' AS of_programme,
        version.currency <> '' AS of_currency,
        CASE WHEN version.category NOT IN ('', place.category) THEN 'no_category'
            WHEN version.programme NOT IN ('', place.programme) THEN 'no_programme' ELSE '' END AS lacks
    FROM places place JOIN versions version ON version.valid_from <= place.day
        AND (version.account_id = place.account_id
            OR (version.account_id IS NULL AND version.marketplace = place.marketplace))
        AND version.channel IN ('', place.channel) AND version.currency IN ('', place.currency)
        AND (version.programme IN ('', place.programme) OR place.programme = 'unknown')
    ORDER BY place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
        version.line_class, version.account_id, version.channel, version.category, version.programme,
        version.currency, version.valid_from DESC
), closed AS (
    SELECT DISTINCT ON (place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
            rule.channel, rule.category, rule.programme, rule.currency) place.*, rule.is_end
    FROM places place JOIN finance_feerule rule ON rule.account_id = place.account_id AND rule.line_class = ''
        AND rule.withdrawn_at IS NULL AND rule.valid_from <= place.day AND rule.channel IN ('', place.channel)
        AND rule.category IN ('', place.category) AND rule.programme IN ('', place.programme)
        AND rule.currency IN ('', place.currency)
    ORDER BY place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
        rule.channel, rule.category, rule.programme, rule.currency, rule.valid_from DESC
), picked AS MATERIALIZED (
    SELECT DISTINCT ON (account_id, channel, programme, category, day, currency, line_class) * FROM valid
    WHERE NOT is_end AND (is_own OR NOT EXISTS (SELECT FROM closed WHERE NOT closed.is_end
        AND (closed.account_id, closed.channel, closed.programme, closed.category, closed.day, closed.currency)
            = (valid.account_id, valid.channel, valid.programme, valid.category, valid.day, valid.currency)))
    ORDER BY account_id, channel, programme, category, day, currency, line_class,
        array_position(ARRAY['', 'no_programme', 'no_category'], lacks), is_own DESC, of_channel DESC,
        of_category DESC, of_programme DESC, of_currency DESC
)
"""
"""Common table expressions up to `picked`; they need the parameter `classes`."""
