"""Whether the money of every order is still what was sealed when it was placed (I7); no aggregation can hash."""

from daraa.collections.formulas import totals_seal
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.market.orders.repository import OrderRepository
from daraa.stores.mongo import Mongo

BATCH = 500
PURPOSE = "The totals of every order are those that were sealed when it was placed."
HINT = "Find who changed it in the audit log; money is corrected by refunds, never by editing an order."


class Seals:
    """Recomputes the seals of orders, a batch in memory at a time."""

    def __init__(self, mongo: Mongo) -> None:
        self._repository = OrderRepository(mongo)

    async def prove(self, *, show: int = 3) -> Check:
        """One check over all orders, like those of the continuous proofs; names the first `show` broken orders."""
        broken: list[str] = []
        try:
            after: tuple[str] | None = None
            while orders := await self._repository.list_all(limit=BATCH, after=after):
                broken += [each.id for each in orders if totals_seal(each.id, each.totals) != each.totals_hash]
                after = (orders[-1].id,)
        except DaraaError as error:
            return Check("proof.orders.seal", CheckState.UNKNOWN, f"could not run: {error.message}", error.hint)
        if not broken:
            return Check("proof.orders.seal", CheckState.OK, f"0 violations: {PURPOSE}")
        evidence = f"{len(broken)} violations of: {PURPOSE} First: {', '.join(broken[:show])}."
        return Check("proof.orders.seal", CheckState.FAIL, evidence, HINT)
