"""From a template and what an event tells to the words a person reads, in both languages; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from daraa.collections.currencies import Currency
from daraa.collections.notification_templates import NotificationTemplate
from daraa.collections.parts import Locale
from daraa.declare import Localized
from daraa.kernel.money import Money

_SLOT = re.compile(r"\{([a-z_]{1,30})\}")
_BRACE = re.compile(r"[{}]")
LONGEST_TITLE, LONGEST_TEXT, LONGEST_VALUE = 200, 2000, 120
Value: TypeAlias = str | Localized | Money
"""What fills a slot: a text, a text in both languages, or an amount."""


@dataclass(frozen=True, slots=True)
class Words:
    """A rendered title and text of one language."""

    title: str
    text: str


def slots(*texts: str) -> frozenset[str]:
    """The names in braces that texts use."""
    return frozenset(name for text in texts for name in _SLOT.findall(text))


def stray_braces(text: str) -> bool:
    """True when a brace is left over that belongs to no slot: somebody meant one and wrote it wrong."""
    return bool(_BRACE.search(_SLOT.sub("", text)))


def render(
    title: Localized,
    body: Localized,
    values: Mapping[str, Value],
    locale: Locale,
    currencies: Mapping[str, Currency],
) -> Words:
    """The words in one language. Only named slots are filled, once: what a value holds is never read as a slot."""

    def fill(text: str) -> str:
        return _SLOT.sub(lambda slot: shown(values.get(slot[1], ""), locale, currencies), text)

    chosen = (title.ar, body.ar) if locale is Locale.AR else (title.en, body.en)
    return Words(fill(chosen[0])[:LONGEST_TITLE], fill(chosen[1])[:LONGEST_TEXT])


def render_template(
    template: NotificationTemplate, values: Mapping[str, Value], locale: Locale, currencies: Mapping[str, Currency]
) -> Words:
    """The words of a published template in one language."""
    return render(template.title, template.body, values, locale, currencies)


def shown(value: Value, locale: Locale, currencies: Mapping[str, Currency]) -> str:
    """A value as people read it, on one line."""
    if isinstance(value, Money):
        return amount(value, locale, currencies)
    text = value if isinstance(value, str) else value.ar if locale is Locale.AR else value.en
    return " ".join(text.split())[:LONGEST_VALUE]


def amount(money: Money, locale: Locale, currencies: Mapping[str, Currency]) -> str:
    """`1,250.50 £S`: with the currency's own number of decimals, which are left out when they are all zero."""
    known = currencies.get(money.currency)
    exponent = known.exponent if known else 2
    whole, rest = divmod(abs(money.amount), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if rest else ""
    symbol = (known.symbol.ar if locale is Locale.AR else known.symbol.en) if known else money.currency
    return f"{'-' if money.amount < 0 else ''}{whole:,}{decimals} {symbol}"


def missing_slots(texts: Iterable[str], offered: Iterable[str]) -> list[str]:
    """The slots of the texts that nobody fills."""
    return sorted(slots(*texts) - set(offered))
