"""The words of the demo platform's messages, in both languages."""

from daraa.ops.demo.chance import Source
from daraa.ops.demo.goods import Words
from daraa.ops.demo.rows import Row, row

TEXTS: dict[str, tuple[str, Words, Words]] = {
    "order.placed": (
        "order",
        Words("استلمنا طلبك", "We have your order"),
        Words("طلبك {number} من {store} قيد المعالجة.", "Your order {number} from {store} is on its way to the store."),
    ),
    "order.delivered": (
        "delivery",
        Words("وصل طلبك", "Your order has arrived"),
        Words("سُلّم طلبك {number} من {store}. بالهناء!", "Your order {number} from {store} was delivered. Enjoy!"),
    ),
    "order.cancelled": (
        "order",
        Words("أُلغي طلبك", "Your order was cancelled"),
        Words("أُلغي طلبك {number} من {store}.", "Your order {number} from {store} was cancelled."),
    ),
    "store.payout": (
        "payment",
        Words("حوّلنا مستحقاتك", "Your payout is on its way"),
        Words("حوّلنا مستحقات متجر {store}.", "The earnings of {store} were sent to your bank."),
    ),
}


def template_rows(source: Source, editor: str) -> list[Row]:
    """One published version of each text for the app and for push messages."""
    at = source.days_ago(840)
    return [
        row(source.id("ntt", at, f"{key}:{channel}"), at)
        | {"key": key, "channel": channel, "version": 1, "type": kind, "title": title.as_document()}
        | {"body": body.as_document(), "params": ["number", "store"], "state": "published", "publishedAt": at}
        | {"editedBy": editor}
        for key, (kind, title, body) in TEXTS.items()
        for channel in ("in_app", "push")
    ]


def message(key: str, language: str, **params: str) -> tuple[str, str, str]:
    """Type, title and text of a message, filled in."""
    kind, title, body = TEXTS[key]
    chosen = (title.ar, body.ar) if language == "ar" else (title.en, body.en)
    return kind, chosen[0], chosen[1].format(**params)
