"""MongoDB: the only place where its driver is imported."""

from daraa.stores.mongo.capabilities import Capabilities
from daraa.stores.mongo.client import Mongo, open_mongo, time_bound
from daraa.stores.mongo.reading import Near
from daraa.stores.mongo.table import Table

__all__ = ["Capabilities", "Mongo", "Near", "Table", "open_mongo", "time_bound"]
