"""From stored stores and memberships to what their people see."""

from typing import Any

from daraa.collections.accounts import Account
from daraa.collections.store_members import StoreMember
from daraa.collections.store_owner_profiles import StoreOwnerProfile


def own_store(store: StoreOwnerProfile, *, confidential: bool) -> dict[str, Any]:
    """A store for those behind its counter; `confidential` adds what concerns the owner alone."""
    shown = {
        "id": store.id,
        "version": store.ver,
        "slug": store.slug,
        "status": store.status.value,
        "name": store.name.model_dump(),
        "description": store.description.model_dump() if store.description else None,
        "category_ids": list(store.category_ids),
        "phone": store.phone,
        "address": store.address,
        "location": _place(store),
        "logo": store.logo,
        "banner": store.banner,
        "hours": [each.model_dump() for each in store.hours],
        "accepts_cash": store.accepts_cash,
        "cash_limit": store.cash_limit.model_dump() if store.cash_limit else None,
        "return_days": store.return_days,
        "product_count": store.product_count,
        "review": store.review.model_dump(include={"submitted_at", "reviewed_at", "reason"}),
        "created_at": store.created_at,
        "updated_at": store.updated_at,
    }
    if confidential:
        shown |= {
            "owner_id": store.account_id,
            "tax_number": store.tax_number,
            "payout_account": store.payout_account,
        }
    return shown


def _place(store: StoreOwnerProfile) -> dict[str, float] | None:
    if store.location is None:
        return None
    longitude, latitude = store.location.coordinates
    return {"longitude": longitude, "latitude": latitude}


def my_store(member: StoreMember, store: StoreOwnerProfile) -> dict[str, Any]:
    """A membership with the store it is in."""
    return {
        "store_id": store.id,
        "slug": store.slug,
        "name": store.name.model_dump(),
        "store_status": store.status.value,
        "role": member.role.value,
        "scopes": list(member.scopes),
        "status": member.status.value,
    }


def member_of(member: StoreMember, account: Account | None) -> dict[str, Any]:
    """A member for the store's people; the telephone number is nobody else's business."""
    return {
        "account_id": member.account_id,
        "name": account.full_name if account else None,
        "role": member.role.value,
        "scopes": list(member.scopes),
        "status": member.status.value,
        "invited_by": member.invited_by,
        "since": member.created_at,
    }
