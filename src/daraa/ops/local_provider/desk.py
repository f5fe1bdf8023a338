"""What the local provider does when it is asked, and what it does by itself as time goes by; no HTTP in here."""

import random
from typing import Any

from daraa.ops.local_provider.behaviour import Behaviour, fate_of
from daraa.ops.local_provider.memory import Memory, moment
from daraa.stores.providers import ChargeStatus, RefundState

MOST_MINOR_UNITS = 10**15


class NotPossible(Exception):
    """Asked for something that makes no sense; the text says what."""


class Desk:
    """Charges and refunds. `base_url` is where payers find its page."""

    def __init__(self, memory: Memory, base_url: str) -> None:
        self._memory = memory
        self._base_url = base_url

    def begin_charge(self, words: dict[str, Any], now: float) -> dict[str, Any]:
        """A new charge, or the one of this reference; with a token it is paid at once."""
        reference, token = _text(words, "reference"), words.get("token")
        amount, currency = _amount(words), _text(words, "currency", 3)
        with self._memory.together():
            known = self._memory.charge_of(reference)
            if known is None:
                known = self._memory.add_charge(reference, amount, currency, str(words.get("return_url", "")), now)
                if isinstance(token, str):
                    self._pay(known, token, now)
            elif (known["amount"], known["currency"]) != (amount, currency):
                raise NotPossible("this reference is charged another sum")
        return self.shown(self._memory.charge(known["ref"]) or known)

    def pay(self, ref: str, token: str, now: float) -> dict[str, Any] | None:
        """The payer has decided on the page; a charge that is not waiting any more stays as it is."""
        with self._memory.together():
            known = self._memory.charge(ref)
            if known is not None and known["status"] == ChargeStatus.PENDING:
                self._pay(known, token, now)
        return known

    def _pay(self, charge: dict[str, Any], token: str, now: float) -> None:
        self._memory.plan_steps(charge["ref"], fate_of(token, charge["amount"], self._memory.behaviour()), now)
        self._take_steps(now, self._memory.behaviour())

    def refund(self, words: dict[str, Any], now: float) -> dict[str, Any]:
        """A new refund, or the one of this reference."""
        reference, ref, amount = _text(words, "reference"), _text(words, "charge"), _amount(words)
        with self._memory.together():
            self._memory.settle_refunds(now)
            known = self._memory.refund(reference)
            if known is None:
                state, why = self._judge_refund(ref, amount)
                due = now + self._memory.behaviour().refund_ms / 1000
                self._memory.add_refund(reference, ref, amount, state, why, due)
                self._memory.settle_refunds(now)
            elif (known["charge"], known["amount"]) != (ref, amount):
                raise NotPossible("this reference is another refund")
        found = self._memory.refund(reference)
        assert found is not None
        return {"ref": found["ref"], "status": found["status"], "failure": found["failure"]}

    def _judge_refund(self, ref: str, amount: int) -> tuple[RefundState, str | None]:
        charge = self._memory.charge(ref)
        if charge is None or charge["status"] != ChargeStatus.CAPTURED:
            return RefundState.REFUSED, "nothing_captured"
        if self._memory.refunded(ref) + amount > charge["amount"]:
            return RefundState.REFUSED, "more_than_captured"
        if self._memory.behaviour().refuse_refunds:
            return RefundState.REFUSED, "card_closed"
        return RefundState.PENDING, None

    def work(self, now: float) -> None:
        """Whatever is due by now."""
        behaviour = self._memory.behaviour()
        with self._memory.together():
            self._take_steps(now, behaviour)
            self._memory.settle_refunds(now)

    def _take_steps(self, now: float, behaviour: Behaviour) -> None:
        for step in self._memory.due_steps(now):
            charge = self._memory.take_step(step, now)
            lost = random.random() < behaviour.hook_lost_share  # noqa: S311 - chance, no secret
            if not step["silent"] and not lost:
                self._memory.add_hooks(f"charge.{charge['status']}", self.shown(charge), _dues(now, behaviour))

    def shown(self, charge: dict[str, Any]) -> dict[str, Any]:
        """A charge as it goes over the wire."""
        return {
            "ref": charge["ref"],
            "reference": charge["reference"],
            "amount": charge["amount"],
            "currency": charge["currency"],
            "status": charge["status"],
            "failure": charge["failure"],
            "redirect_url": f"{self._base_url}/pay/{charge['ref']}",
            "at": moment(charge["at"]),
        }


def _dues(now: float, behaviour: Behaviour) -> list[float]:
    first = now + behaviour.hook_ms / 1000
    jitter = behaviour.hook_jitter_ms / 1000
    return [first + random.random() * jitter for _ in range(behaviour.hook_copies)]  # noqa: S311


def _text(words: dict[str, Any], name: str, longest: int = 120) -> str:
    value = words.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise NotPossible(f"{name} is missing")
    return value


def _amount(words: dict[str, Any]) -> int:
    value = words.get("amount")
    if type(value) is not int or not 0 < value <= MOST_MINOR_UNITS:
        raise NotPossible("amount is no whole number of minor units")
    return value
