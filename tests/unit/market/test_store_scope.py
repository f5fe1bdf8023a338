"""A store scope cannot be made from what a request says, and owners hold every right."""

import pytest

from daraa.collections.store_members import MemberRole
from daraa.kernel.errors import DaraaError
from daraa.market import tenancy
from daraa.market.tenancy import SCOPE_MISSING, StoreScope


def scope(role: MemberRole, *scopes: str) -> StoreScope:
    return StoreScope("sto_x", "acc_x", role, frozenset(scopes), tenancy._MEMBERSHIP_CHECKED)


def test_only_the_membership_check_makes_a_store_scope() -> None:
    with pytest.raises(TypeError, match=r"Memberships\.get_scope"):
        StoreScope("sto_x", "acc_x", MemberRole.OWNER, frozenset(), object())


def test_a_member_needs_the_scope_and_an_owner_holds_all() -> None:
    scope(MemberRole.OWNER).require("payout:read")
    scope(MemberRole.STAFF, "stock:write").require("stock:write")
    with pytest.raises(DaraaError) as refused:
        scope(MemberRole.STAFF, "stock:write").require("payout:read")
    assert refused.value.code == SCOPE_MISSING
