"""The refusals of stores and their members, each with what to do instead, in both languages."""

from daraa.kernel.errors import DaraaError, register

SLUG_TAKEN = register("sellers.slug.taken", status=409, en="The name is taken", ar="الاسم محجوز")
STORES_MANY = register("sellers.stores.many", status=409, en="You have too many stores", ar="عدد متاجرك كبير")
STORE_STATE = register(
    "sellers.store.state", status=409, en="The store's state does not allow this", ar="حالة المتجر لا تسمح بهذا"
)
KIND_UNKNOWN = register("sellers.kind.unknown", status=422, en="No such kind of store", ar="لا يوجد نوع متاجر كهذا")
CURRENCY_UNKNOWN = register("sellers.currency.unknown", status=422, en="No such currency", ar="لا توجد عملة كهذه")
OWNER_ONLY = register("sellers.owner.only", status=403, en="Only the owner may do this", ar="هذا للمالك وحده")
PERSON_UNKNOWN = register(
    "sellers.person.unknown", status=422, en="Nobody has this number", ar="لا يوجد حساب بهذا الرقم"
)
MEMBER_KNOWN = register(
    "sellers.member.known", status=409, en="This person is a member already", ar="هذا الشخص عضو أصلا"
)
MEMBERS_MANY = register("sellers.members.many", status=409, en="The store has too many members", ar="عدد الأعضاء كبير")
OWNER_STAYS = register(
    "sellers.owner.stays", status=409, en="The owner cannot leave the store", ar="لا يمكن للمالك مغادرة متجره"
)
INVITATION_STATE = register(
    "sellers.invitation.closed", status=409, en="The invitation is not open", ar="الدعوة غير مفتوحة"
)


def slug_taken(slug: str) -> DaraaError:
    """Another store has the name."""
    return DaraaError(
        SLUG_TAKEN,
        f"Another store is called {slug!r}.",
        hint="Choose another slug.",
        ar=f"يوجد متجر آخر باسم {slug}؛ اختر اسما آخر.",
    )


def wrong_state(status: str, ar: str) -> DaraaError:
    """The store is not in a state from which this may be done."""
    return DaraaError(
        STORE_STATE, f"The store is {status}.", hint="Read it again: its state decides.", store_status=status, ar=ar
    )


def owner_only() -> DaraaError:
    """A member asks for what only the owner may do."""
    return DaraaError(
        OWNER_ONLY, "Only the store's owner may do this.", hint="Ask the owner.", ar="اطلب ذلك من المالك."
    )
