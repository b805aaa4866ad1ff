"""The warehouse's edge: connect by dbt's profile, read the catalog, run statements. The only place that does."""

from monitor.warehouse.connect import connect
from monitor.warehouse.profile import Profile, read_profile
from monitor.warehouse.session import Warehouse

__all__ = ["Profile", "Warehouse", "connect", "read_profile"]
