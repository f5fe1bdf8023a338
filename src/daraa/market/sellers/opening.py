"""Puts the services of stores together."""

from typing import Any

from daraa.market.audit.service import Audit
from daraa.market.sellers.decision_service import StoreDecisions
from daraa.market.sellers.member_service import Members
from daraa.market.sellers.service import Stores
from daraa.market.tenancy import Memberships
from daraa.stores.mongo import Mongo


def open_sellers(mongo: Mongo, memberships: Memberships, audit: Audit) -> tuple[Any, ...]:
    """Stores, their people, and what the platform decides about them."""
    return Stores(mongo, memberships, audit), Members(mongo, memberships, audit), StoreDecisions(mongo, audit)
