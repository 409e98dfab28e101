"""Jobs of orders, stock and returns."""

from config.core.jobs import Job

JOBS = (
    Job(
        key="inventory.reprocess_parked",
        call="inventory.services.parked.reprocess",
        why="give linked products to the order lines, returns and stock levels that waited for them",
    ),
)
