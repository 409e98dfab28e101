"""Jobs of orders, stock and returns."""

from datetime import timedelta

from config.core.jobs import Job

JOBS = (
    Job(
        key="inventory.reprocess_parked",
        call="inventory.services.parked.reprocess",
        per_transaction=True,
        why="give linked products to the order lines, returns and stock levels that waited for them",
    ),
    Job(
        key="inventory.buy_label",
        call="inventory.services.purchases.buy",
        queue="push",
        why="buy one label that somebody wants, with the row committed before the call",
    ),
    Job(
        key="inventory.resolve_label",
        call="inventory.services.purchases.resolve",
        queue="push",
        why="look up a label whose answer was lost, before anybody buys it again",
    ),
    Job(
        key="inventory.track",
        call="inventory.services.tracking.track_due",
        every=timedelta(minutes=30),
        queue="pull_slow",
        why="ask the carriers where the parcels are, and tell their orders",
    ),
    Job(
        key="inventory.purge_labels",
        call="inventory.services.retention.purge",
        every=timedelta(days=1),
        why="delete addresses and label papers past their retention",
    ),
    Job(
        key="inventory.sweep_labels",
        call="inventory.services.purchases.sweep",
        every=timedelta(minutes=5),
        why="find labels that a dead worker left behind",
    ),
    Job(
        key="inventory.roll_up",
        call="inventory.services.sales.roll_up",
        queue="math",
        per_transaction=True,
        why="compute the sales of the days touched again",
    ),
    Job(
        key="inventory.expire_reservations",
        call="inventory.services.reservations.expire",
        every=timedelta(minutes=15),
        why="give back what orders hold that were not paid for in time",
    ),
    Job(
        key="inventory.offer",
        call="inventory.services.offers.offer",
        queue="push",
        why="wish for the quantities of offers whose stock, rules or buffers changed",
    ),
    Job(
        key="inventory.recompose",
        call="inventory.services.compositions.follow",
        why="reserve and offer a bundle by its new components",
    ),
    Job(
        key="inventory.advance_switches",
        call="inventory.services.switches.advance",
        every=timedelta(minutes=10),
        why="go on with offers that change to a marketplace's warehouse, once their zero was read back",
    ),
    Job(
        key="inventory.compute_buffers",
        call="inventory.services.offers.compute_buffers",
        every=timedelta(hours=24),
        queue="math",
        why="hold back as many units as other channels may sell before a change of ours shows",
    ),
    Job(
        key="inventory.measure_cover",
        call="inventory.services.coverage.measure",
        every=timedelta(hours=6),
        queue="math",
        why="close the days of the stock history, and say how long each SKU lasts in each pool",
    ),
)
