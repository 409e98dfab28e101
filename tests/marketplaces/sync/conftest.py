"""The simulated marketplaces in this process, with the real clients, for tests that need true calls."""

from tests.chaos.conftest import all_worlds, street

__all__ = ["all_worlds", "street"]
