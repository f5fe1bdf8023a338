"""Texts are filled by name, once, in the right language; what a value holds is never read as anything but text."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.currencies import Currency
from daraa.collections.notifications import Channel
from daraa.collections.parts import Locale
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.money import Money
from daraa.market.notifications.errors import KEY_UNKNOWN, TEXT_INVALID
from daraa.market.notifications.template_service import Draft, check_draft
from daraa.market.notifications.wording import amount, render, stray_braces

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def currency(code: str, exponent: int, ar: str, en: str) -> Currency:
    symbol = Localized(ar=ar, en=en)
    return Currency(id=code, name=symbol, symbol=symbol, exponent=exponent, cash_step=1, valid_from=NOW, **stamp(NOW))


UNITS = {"SYP": currency("SYP", 2, "ل.س", "£S"), "PTS": currency("PTS", 0, "نقطة", "pts")}
TITLE = Localized(ar="طلب {number}", en="Order {number}")
BODY = Localized(ar="من {store} بقيمة {total}", en="From {store} for {total}")


@pytest.mark.parametrize(
    ("money", "locale", "said"),
    [
        (Money(amount=125_050, currency="SYP"), Locale.EN, "1,250.50 £S"),
        (Money(amount=125_000, currency="SYP"), Locale.AR, "1,250 ل.س"),
        (Money(amount=5, currency="SYP"), Locale.EN, "0.05 £S"),
        (Money(amount=-705, currency="SYP"), Locale.EN, "-7.05 £S"),
        (Money(amount=1200, currency="PTS"), Locale.EN, "1,200 pts"),
        (Money(amount=100, currency="XYZ"), Locale.EN, "1 XYZ"),
    ],
)
def test_an_amount_reads_as_people_write_it(money: Money, locale: Locale, said: str) -> None:
    assert amount(money, locale, UNITS) == said


def test_both_languages_are_filled_with_their_own_words() -> None:
    values: dict[str, Any] = {
        "number": "A7K2",
        "store": Localized(ar="خبز حوران", en="Hawran Bread"),
        "total": Money(amount=99_000, currency="SYP"),
    }
    assert render(TITLE, BODY, values, Locale.AR, UNITS).text == "من خبز حوران بقيمة 990 ل.س"
    assert render(TITLE, BODY, values, Locale.EN, UNITS).text == "From Hawran Bread for 990 £S"


@pytest.mark.parametrize("wicked", ["{total}", "{0.__class__}", "%(number)s", "a\r\nBcc: x", "\u2028next"])
def test_a_stores_name_cannot_fill_slots_or_begin_lines(wicked: str) -> None:
    values: dict[str, Any] = {"store": Localized(ar=wicked, en=wicked), "total": Money(amount=1, currency="SYP")}
    text = render(TITLE, BODY, values, Locale.EN, UNITS).text
    assert text == f"From {' '.join(wicked.split())} for 0.01 £S"


@given(st.text(max_size=300), st.text(max_size=3000))
def test_any_text_renders_to_something_that_fits(value: str, body: str) -> None:
    made = render(Localized(ar=body, en=body + "{number}"), BODY, {"number": value}, Locale.EN, UNITS)
    assert len(made.title) <= 200
    assert len(made.text) <= 2000


@pytest.mark.parametrize("text", ["{Number}", "{number", "number}", "{}", "{a b}", "{{number}}"])
def test_a_brace_that_belongs_to_no_slot_is_noticed(text: str) -> None:
    assert stray_braces(text)


def test_whole_slots_leave_no_stray_brace() -> None:
    assert not stray_braces("{number} {store}")


def draft(key: str = "order.placed", **words: str) -> Draft:
    texts = {"title_ar": "طلب", "title_en": "Order", "body_ar": "من {store}", "body_en": "From {store}", **words}
    return Draft(
        key,
        Channel.IN_APP,
        Localized(ar=texts["title_ar"], en=texts["title_en"]),
        Localized(ar=texts["body_ar"], en=texts["body_en"]),
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"key": "order.teleported"}, KEY_UNKNOWN),
        ({"body_en": "From {store} to {address}"}, TEXT_INVALID),
        ({"body_en": "From {phone}"}, TEXT_INVALID),
        ({"body_en": "From {store"}, TEXT_INVALID),
        ({"body_en": "From a store"}, TEXT_INVALID),
        ({"title_ar": "  "}, TEXT_INVALID),
    ],
)
def test_a_draft_that_cannot_be_filled_is_refused(words: dict[str, str], code: str) -> None:
    with pytest.raises(DaraaError) as caught:
        check_draft(draft(**words))
    assert caught.value.code == code


def test_a_good_draft_is_taken() -> None:
    check_draft(draft())
