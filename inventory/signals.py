"""What orders, stock and returns tell others. Each carries `account_id` and the ids that truly changed."""

from django.dispatch import Signal

orders_applied = Signal()
"""After orders or their lines changed: `account_id`, `ids` of Order."""

order_events_applied = Signal()
"""After new events of orders were stored: `account_id`, `ids` of OrderEvent."""

returns_applied = Signal()
"""After returns changed: `account_id`, `ids` of Return."""

stock_applied = Signal()
"""After stock levels changed: `account_id`, `ids` of StockLevel."""

pool_health_applied = Signal()
"""After what pools say about their goods changed: `account_id`, `ids` of PoolHealth."""
