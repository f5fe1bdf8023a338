"""What others are told of a store."""

from daraa.collections.store_owner_profiles import StoreOwnerProfile
from daraa.stores.mongo.outbox import News


def told_of(event_type: str, store: StoreOwnerProfile) -> News:
    """An event about the store as it is after the change."""
    payload = {
        "store_id": store.id,
        "account_id": store.account_id,
        "slug": store.slug,
        "name": store.name.model_dump(),
        "status": store.status.value,
        "reason": store.review.reason,
    }
    return News(event_type, "store", store.id, store.ver, payload)
