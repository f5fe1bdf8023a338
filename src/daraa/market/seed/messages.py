"""The words of every message, in both languages, with the channels on which each is worth sending."""

from typing import NamedTuple

from daraa.collections.notifications import Channel


class Text(NamedTuple):
    """One message: a title and a whole sentence; an SMS is the sentence alone."""

    title_ar: str
    title_en: str
    body_ar: str
    body_en: str
    channels: tuple[Channel, ...]


IN_APP = (Channel.IN_APP,)
PUSH = (Channel.IN_APP, Channel.PUSH)
MAIL = (Channel.IN_APP, Channel.PUSH, Channel.EMAIL)
ALL = (Channel.IN_APP, Channel.PUSH, Channel.SMS, Channel.EMAIL)

TEXTS: dict[str, Text] = {
    "order.placed": Text(
        "استلمنا طلبك", "We have your order",
        "استلمنا طلبك {number} من {store} بقيمة {total}، وينتظر قبول المتجر.",
        "We have your order {number} from {store} for {total}; the store will confirm it soon.", MAIL,
    ),
    "order.placed.store": Text(
        "طلب جديد", "A new order",
        "وصل إلى {store} الطلب {number} بقيمة {total}. اقبله لتبدأ التحضير.",
        "{store} has a new order {number} for {total}. Accept it to begin.", PUSH,
    ),
    "order.paid": Text(
        "وصلت دفعتك", "Your payment has arrived",
        "وصلت دفعة طلبك {number} من {store} وقيمتها {total}.",
        "Your payment of {total} for order {number} from {store} has arrived.", MAIL,
    ),
    "order.paid.store": Text(
        "دُفع الطلب", "The order is paid",
        "دُفع الطلب {number} لدى {store}. يمكنك قبوله الآن.",
        "Order {number} at {store} is paid. You can accept it now.", PUSH,
    ),
    "order.confirmed": Text(
        "قُبل طلبك", "Your order is accepted",
        "قبل {store} طلبك {number}.", "{store} accepted your order {number}.", PUSH,
    ),
    "order.preparing": Text(
        "طلبك قيد التحضير", "Your order is being prepared",
        "يحضّر {store} طلبك {number} الآن.", "{store} is preparing your order {number} now.", IN_APP,
    ),
    "order.ready": Text(
        "طلبك جاهز", "Your order is ready",
        "طلبك {number} جاهز لدى {store} وينتظر المندوب.",
        "Your order {number} is ready at {store} and waits for the courier.", IN_APP,
    ),
    "order.picked_up": Text(
        "طلبك مع المندوب", "The courier has your order",
        "استلم المندوب طلبك {number} من {store}.", "The courier has picked up your order {number} from {store}.", PUSH,
    ),
    "order.delivering": Text(
        "طلبك في الطريق", "Your order is on its way",
        "طلبك {number} من {store} في الطريق إليك. قيمته {total}.",
        "Your order {number} from {store} is on its way to you. It comes to {total}.",
        (Channel.IN_APP, Channel.PUSH, Channel.SMS),
    ),
    "order.delivered": Text(
        "وصل طلبك", "Your order has arrived",
        "سُلّم طلبك {number} من {store}. بالهناء!", "Your order {number} from {store} was delivered. Enjoy!", PUSH,
    ),
    "order.delivered.store": Text(
        "سُلّم الطلب", "The order was delivered",
        "سُلّم الطلب {number} من {store} إلى الزبون.",
        "Order {number} from {store} was delivered to the customer.", IN_APP,
    ),
    "order.cancelled": Text(
        "أُلغي طلبك", "Your order was cancelled",
        "أُلغي طلبك {number} من {store}. ما دفعته يعود إليك.",
        "Your order {number} from {store} was cancelled. What you paid comes back to you.", ALL,
    ),
    "order.cancelled.store": Text(
        "أُلغي الطلب", "The order was cancelled",
        "أُلغي الطلب {number} لدى {store}.", "Order {number} at {store} was cancelled.", PUSH,
    ),
    "order.cancelled.courier": Text(
        "أُلغي التوصيل", "The delivery was cancelled",
        "أُلغي الطلب {number} من {store}؛ لا توصله.",
        "Order {number} from {store} was cancelled; do not deliver it.", PUSH,
    ),
    "order.returning": Text(
        "لم يُسلّم طلبك", "Your order could not be delivered",
        "لم نتمكن من تسليم طلبك {number}، وهو عائد إلى {store}.",
        "We could not deliver your order {number}; it goes back to {store}.", MAIL,
    ),
    "order.returning.store": Text(
        "طلب عائد إليك", "An order is coming back",
        "الطلب {number} عائد إلى {store}.", "Order {number} is coming back to {store}.", PUSH,
    ),
    "order.returned": Text(
        "عاد طلبك إلى المتجر", "Your order went back",
        "عاد طلبك {number} إلى {store}. ما دفعته يعود إليك.",
        "Your order {number} is back at {store}. What you paid comes back to you.", MAIL,
    ),
    "order.returned.store": Text(
        "عاد الطلب", "The order is back",
        "عاد الطلب {number} إلى {store} وأضيفت بضاعته إلى المخزون.",
        "Order {number} is back at {store}, and its goods are in stock again.", PUSH,
    ),
    "store.applied": Text(
        "وصل طلب متجرك", "We have your application",
        "وصل طلب فتح {store}، ونراجعه الآن.", "We have the application of {store} and are examining it.", MAIL,
    ),
    "store.applied.admin": Text(
        "متجر ينتظر المراجعة", "A store to examine",
        "طلب {store} ينتظر المراجعة.", "The application of {store} waits to be examined.", PUSH,
    ),
    "store.approved": Text(
        "قُبل متجرك", "Your store is approved",
        "قُبل {store}. يمكنك البيع الآن.", "{store} is approved. You can sell now.", ALL,
    ),
    "store.rejected": Text(
        "لم يُقبل متجرك", "Your store was not approved",
        "لم يُقبل {store}. السبب في لوحة المتجر.", "{store} was not approved. Your store page says why.", MAIL,
    ),
    "store.suspended": Text(
        "أوقف متجرك", "Your store is suspended",
        "أوقف {store} عن البيع. السبب في لوحة المتجر.", "{store} may not sell for now. Your store page says why.", ALL,
    ),
    "courier.applied": Text(
        "وصل طلبك", "We have your application",
        "وصل طلبك للعمل مندوبا، ونراجعه الآن.", "We have your application as a courier and are examining it.", MAIL,
    ),
    "courier.applied.admin": Text(
        "مندوب ينتظر المراجعة", "A courier to examine",
        "طلب مندوب جديد ينتظر المراجعة.", "The application of a new courier waits to be examined.", PUSH,
    ),
    "courier.approved": Text(
        "قُبلت مندوبا", "You are a courier now",
        "قُبل طلبك. ابدأ نوبتك لتصلك الطلبات.", "You are approved. Start a shift to receive deliveries.", ALL,
    ),
    "courier.rejected": Text(
        "لم يُقبل طلبك", "You were not approved",
        "لم يُقبل طلبك للعمل مندوبا. السبب في التطبيق.",
        "Your application as a courier was not approved. The app says why.", MAIL,
    ),
    "courier.suspended": Text(
        "أوقف عملك مندوبا", "Your work is suspended",
        "أوقف عملك مندوبا في الوقت الحالي. السبب في التطبيق.",
        "Your work as a courier is suspended for now. The app says why.", ALL,
    ),
    "task.offered": Text(
        "توصيل جديد لك", "A new delivery for you",
        "عُرض عليك توصيل جديد. اقبله قبل أن ينتهي العرض.",
        "A new delivery is offered to you. Accept it before the offer ends.", PUSH,
    ),
    "wallet.credited": Text(
        "وصل مبلغ إلى محفظتك", "Money came into your wallet",
        "أضيف {amount} إلى محفظتك.", "{amount} came into your wallet.", PUSH,
    ),
    "wallet.debited": Text(
        "خرج مبلغ من محفظتك", "Money left your wallet",
        "خرج {amount} من محفظتك. إن لم يكن بعلمك فأخبرنا فورا.",
        "{amount} left your wallet. If that was not you, tell us at once.", PUSH,
    ),
    "withdrawal.approved": Text(
        "وُوفق على السحب", "Your withdrawal is approved",
        "وُوفق على سحب {amount} من محفظتك.", "Your withdrawal of {amount} is approved.", MAIL,
    ),
    "withdrawal.refused": Text(
        "رُفض السحب", "Your withdrawal was refused",
        "رُفض سحب {amount}، وعاد المبلغ إلى محفظتك.",
        "Your withdrawal of {amount} was refused; the money is back in your wallet.", MAIL,
    ),
    "remittance.received": Text(
        "استلمنا النقد منك", "We received your cash",
        "استلم المركز منك {amount}. شكرا لك.", "The hub received {amount} from you. Thank you.", PUSH,
    ),
    "refund.done": Text(
        "عاد المبلغ إليك", "Your money is on its way back",
        "أعيد {amount} عن طلبك من {store} إلى بطاقتك؛ قد يظهر خلال أيام.",
        "{amount} for your order from {store} went back to your card; it may take some days to show.", MAIL,
    ),
    "stock.short": Text(
        "بضاعة ناقصة", "Goods are missing",
        "طلب لدى {store} ينقصه من المخزون. وفر البضاعة أو ألغ الطلب.",
        "An order at {store} lacks stock. Find the goods or cancel the order.", PUSH,
    ),
    "account.registered": Text(
        "أهلا بك في درعا", "Welcome to Daraa",
        "حسابك جاهز. تسوق من متاجر مدينتك.", "Your account is ready. Shop at the stores of your city.", IN_APP,
    ),
}  # fmt: skip
