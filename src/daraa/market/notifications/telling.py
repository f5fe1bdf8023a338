"""What every event tells to whom, as one table: the message's key, its audience, and what fills its slots."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from daraa.collections.notifications import NotificationType
from daraa.declare import Localized


class Audience(StrEnum):
    """Who is told."""

    CUSTOMER = "customer"
    ORDER_STAFF = "order_staff"
    STORE_OWNERS = "store_owners"
    COURIER = "courier"
    WALLET_OWNER = "wallet_owner"
    ACCOUNT = "account"
    STORE_EXAMINERS = "store_examiners"
    COURIER_EXAMINERS = "courier_examiners"


FULFILS = "order:fulfil"
PERMISSIONS = {Audience.STORE_EXAMINERS: "store:approve", Audience.COURIER_EXAMINERS: "courier:approve"}
"""Which right an admin holds to be told."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that an event leads to.

    `key` names its templates, `slots` what they may use, `plain` is said when no template is published. Nothing is
    sent out later than `valid_for` after the event; without `limited` the hourly limit does not hold.
    """

    key: str
    audience: Audience
    type: NotificationType
    plain: Localized
    slots: frozenset[str]
    action: str | None = None
    valid_for: timedelta = timedelta(days=3)
    limited: bool = True


_ORDER = frozenset({"number", "store", "total"})
_STORE = frozenset({"store"})
_AMOUNT = frozenset({"amount"})
_NONE = frozenset[str]()
T, A = NotificationType, Audience


def _words(ar: str, en: str) -> Localized:
    return Localized(ar=ar, en=en)


def _to_customer(event: str, ar: str, en: str, type_: NotificationType = T.ORDER) -> Telling:
    return Telling(event, A.CUSTOMER, type_, _words(ar, en), _ORDER, "/orders/{related}")


def _to_staff(event: str, ar: str, en: str) -> Telling:
    action = "/seller/stores/{store_id}/orders/{related}"
    return Telling(f"{event}.store", A.ORDER_STAFF, T.ORDER, _words(ar, en), _ORDER, action)


def _to_courier(event: str, ar: str, en: str) -> Telling:
    return Telling(f"{event}.courier", A.COURIER, T.DELIVERY, _words(ar, en), _ORDER, "/courier/tasks")


def _to_owners(event: str, ar: str, en: str) -> Telling:
    return Telling(event, A.STORE_OWNERS, T.VERIFICATION, _words(ar, en), _STORE, "/seller/stores/{store_id}")


def _courier_file(event: str, ar: str, en: str) -> Telling:
    return Telling(event, A.COURIER, T.VERIFICATION, _words(ar, en), _NONE, "/courier")


def _to_wallet(event: str, ar: str, en: str) -> Telling:
    return Telling(event, A.WALLET_OWNER, T.PAYMENT, _words(ar, en), _AMOUNT, "/wallets/{wallet_id}")


TELLINGS: Mapping[str, tuple[Telling, ...]] = {
    "order.placed": (
        _to_customer("order.placed", "استلمنا طلبك", "We have your order"),
        _to_staff("order.placed", "طلب جديد", "A new order"),
    ),
    "order.paid": (
        _to_customer("order.paid", "وصلت دفعة طلبك", "Your payment has arrived", T.PAYMENT),
        _to_staff("order.paid", "دُفع الطلب", "The order is paid"),
    ),
    "order.confirmed": (_to_customer("order.confirmed", "قبل المتجر طلبك", "The store accepted your order"),),
    "order.preparing": (_to_customer("order.preparing", "طلبك قيد التحضير", "Your order is being prepared"),),
    "order.ready": (_to_customer("order.ready", "طلبك جاهز", "Your order is ready"),),
    "order.picked_up": (
        _to_customer("order.picked_up", "استلم المندوب طلبك", "The courier has your order", T.DELIVERY),
    ),
    "order.delivering": (
        _to_customer("order.delivering", "طلبك في الطريق", "Your order is on its way", T.DELIVERY),
    ),
    "order.delivered": (
        _to_customer("order.delivered", "وصل طلبك", "Your order has arrived", T.DELIVERY),
        _to_staff("order.delivered", "سُلّم الطلب", "The order was delivered"),
    ),
    "order.cancelled": (
        _to_customer("order.cancelled", "أُلغي طلبك", "Your order was cancelled"),
        _to_staff("order.cancelled", "أُلغي الطلب", "The order was cancelled"),
        _to_courier("order.cancelled", "أُلغي الطلب", "The order was cancelled"),
    ),
    "order.returning": (
        _to_customer("order.returning", "لم يتم تسليم طلبك", "Your order could not be delivered", T.DELIVERY),
        _to_staff("order.returning", "الطلب في طريق العودة", "The order is coming back"),
    ),
    "order.returned": (
        _to_customer("order.returned", "عاد طلبك إلى المتجر", "Your order went back to the store"),
        _to_staff("order.returned", "عاد الطلب إلى المتجر", "The order is back in the store"),
    ),
    "store.applied": (
        _to_owners("store.applied", "وصل طلب متجرك", "We have your store's application"),
        Telling(
            "store.applied.admin", A.STORE_EXAMINERS, T.VERIFICATION,
            _words("متجر ينتظر المراجعة", "A store to examine"), _STORE, "/admin/stores/{store_id}",
        ),
    ),
    "store.approved": (_to_owners("store.approved", "قُبل متجرك", "Your store is approved"),),
    "store.rejected": (_to_owners("store.rejected", "لم يُقبل متجرك", "Your store was not approved"),),
    "store.suspended": (_to_owners("store.suspended", "أوقف متجرك", "Your store is suspended"),),
    "courier.applied": (
        _courier_file("courier.applied", "وصل طلبك للعمل مندوبا", "We have your application as a courier"),
        Telling(
            "courier.applied.admin", A.COURIER_EXAMINERS, T.VERIFICATION,
            _words("مندوب ينتظر المراجعة", "A courier to examine"), _NONE, "/admin/couriers",
        ),
    ),
    "courier.approved": (_courier_file("courier.approved", "قُبلت مندوبا", "You are approved as a courier"),),
    "courier.rejected": (_courier_file("courier.rejected", "لم يُقبل طلبك", "You were not approved as a courier"),),
    "courier.suspended": (
        _courier_file("courier.suspended", "أوقف حسابك كمندوب", "Your work as a courier is suspended"),
    ),
    "task.offered": (
        Telling(
            "task.offered", A.COURIER, T.DELIVERY, _words("عرض توصيل جديد", "A new delivery for you"), _NONE,
            "/courier/tasks", valid_for=timedelta(minutes=10), limited=False,
        ),
    ),
    "wallet.credited": (_to_wallet("wallet.credited", "وصل مبلغ إلى محفظتك", "Money came into your wallet"),),
    "wallet.debited": (_to_wallet("wallet.debited", "خرج مبلغ من محفظتك", "Money left your wallet"),),
    "withdrawal.approved": (_to_wallet("withdrawal.approved", "وُوفق على السحب", "Your withdrawal is approved"),),
    "withdrawal.refused": (_to_wallet("withdrawal.refused", "رُفض السحب", "Your withdrawal was refused"),),
    "remittance.received": (
        Telling(
            "remittance.received", A.COURIER, T.PAYMENT, _words("استلمنا النقد منك", "We received your cash"), _AMOUNT,
            "/courier/remittances",
        ),
    ),
    "refund.done": (
        Telling(
            "refund.done", A.CUSTOMER, T.PAYMENT, _words("عاد المبلغ إليك", "Your money is on its way back"),
            frozenset({"amount", "store"}), "/orders/{order_id}",
        ),
    ),
    "stock.short": (
        Telling(
            "stock.short", A.ORDER_STAFF, T.ORDER, _words("بضاعة ناقصة", "Goods are missing"), _STORE,
            "/seller/stores/{store_id}/orders/{order_id}",
        ),
    ),
    "account.registered": (
        Telling("account.registered", A.ACCOUNT, T.ACCOUNT, _words("أهلا بك في درعا", "Welcome to Daraa"), _NONE, "/"),
    ),
}  # fmt: skip
"""Every event that somebody is told of. Keys of templates are unique over all of them."""

SLOTS: Mapping[str, frozenset[str]] = {each.key: each.slots for tellings in TELLINGS.values() for each in tellings}
"""What the templates of each key may use: the admin's publishing and the seed are checked against it."""
