"""From a dbt profile to an open session."""

import time

from monitor.errors import ConfigError
from monitor.warehouse.adapters import ADAPTERS, adapter
from monitor.warehouse.adapters.base import Sleep, Terms
from monitor.warehouse.profile import Profile
from monitor.warehouse.session import Warehouse


def connect(profile: Profile, terms: Terms | None = None, *, sleep: Sleep = time.sleep) -> Warehouse:
    """An open, read-only session on the profile's warehouse. Raises WarehouseError where there is none to be had."""
    found = adapter(profile.type)
    if found is None:
        raise ConfigError(
            f"trackwarden does not scan {profile.type} yet",
            where=profile.where,
            hint=f"supported: {', '.join(ADAPTERS)}",
        )
    return Warehouse(found, profile, terms or Terms(), sleep)
