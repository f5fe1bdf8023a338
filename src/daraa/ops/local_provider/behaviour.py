"""How the local provider behaves: punctual by default, and as unreliable as it is told to be. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from daraa.stores.providers import ChargeStatus

Share = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]


class Behaviour(BaseModel):
    """What can be set while it runs; `*_share` are probabilities, times are milliseconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settle_ms: Milliseconds = 300
    """From the payer's word to the bank's."""
    late_ms: Milliseconds = 2_000
    """From a failure to the capture that comes all the same (`tok_late`)."""
    hook_ms: Milliseconds = 0
    hook_jitter_ms: Milliseconds = 0
    """Each delivery is put off by up to this much: so they overtake each other."""
    hook_copies: Annotated[int, Field(ge=1, le=200)] = 1
    hook_lost_share: Share = 0
    answer_ms: Milliseconds = 0
    answer: Literal["signed", "unsigned", "no_json", "other_sum", "error"] = "signed"
    decline_above: Annotated[int, Field(ge=0)] = 0
    """Sums above this are declined; 0 declines none."""
    refund_ms: Milliseconds = 0
    refuse_refunds: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a charge, `after_ms` from now; a silent one is told to nobody."""

    after_ms: int
    status: ChargeStatus
    failure: str | None = None
    silent: bool = False


def fate_of(token: str, amount: int, behaviour: Behaviour) -> Sequence[Step]:
    """What will happen to a charge that is paid with this token.

    `tok_declined` fails; `tok_late` fails and is captured after all; `tok_silent` is captured without a hook;
    `tok_stuck` is never heard of again; any other is captured.
    """
    begun = Step(0, ChargeStatus.PROCESSING)
    taken = Step(behaviour.settle_ms, ChargeStatus.CAPTURED)
    if behaviour.decline_above and amount > behaviour.decline_above:
        return (begun, Step(behaviour.settle_ms, ChargeStatus.FAILED, "amount_too_high"))
    declined = Step(behaviour.settle_ms, ChargeStatus.FAILED, "card_declined")
    fates: dict[str, tuple[Step, ...]] = {
        "tok_declined": (begun, declined),
        "tok_late": (begun, declined, Step(behaviour.settle_ms + behaviour.late_ms, ChargeStatus.CAPTURED)),
        "tok_silent": (
            Step(0, ChargeStatus.PROCESSING, silent=True),
            Step(behaviour.settle_ms, ChargeStatus.CAPTURED, silent=True),
        ),
        "tok_stuck": (begun,),
    }
    return fates.get(token, (begun, taken))
