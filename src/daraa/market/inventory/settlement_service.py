"""Brings stock after what happened to orders: allocated, shipped, given back, returned; each once per order line."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from daraa.collections.inventories import Inventory
from daraa.collections.stock_movements import MovementKind, StockMovement
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB
from daraa.market.audit.service import Audit
from daraa.market.catalog.figure_service import Figures
from daraa.market.inventory.desk import Desk, Line, OrderGoods, movement
from daraa.market.inventory.events import crossed_news, short_news
from daraa.market.inventory.repository import InventoryRepository
from daraa.market.inventory.rows import crossed_zero, unsold
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer, Event, News, append_events
from daraa.stores.mongo.session import Session

_LOG = logging.getLogger(__name__)


class Settlement:
    """Consumes the events of orders. Every change of what is on hand has its movement in the same transaction."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository, self._figures = InventoryRepository(mongo), Figures(mongo)
        self._audit = audit
        self._clock = clock

    def consumers(self) -> tuple[Consumer, ...]:
        """What this capability does when it hears of something; a stock row is what many orders share."""
        return (
            Consumer("order.placed", "inventory.allocate", self._on_placed, alone=True),
            Consumer("order.picked_up", "inventory.ship", self._on_order(Desk.ship), alone=True),
            Consumer("order.cancelled", "inventory.free", self._on_order(Desk.free), alone=True),
            Consumer("order.returned", "inventory.restock", self._on_order(Desk.restock), alone=True),
            Consumer("stock.crossed_zero", "inventory.in_stock", self._on_crossed_zero, alone=True),
        )

    async def _on_placed(self, event: Event, session: Session) -> None:
        """Row first and nothing read before it: on a hot row every moment between snapshot and write is a conflict."""
        goods = OrderGoods.read(event.payload)
        rest = await self._settle_holds(goods, session)
        if rest:
            await self._take_step(replace(goods, lines=rest), Desk.allocate, session)

    async def _settle_holds(self, goods: OrderGoods, session: Session) -> tuple[Line, ...]:
        """Allocate the lines whose hold is there exactly as it was made; the other lines need a closer look."""
        now = self._clock.now()
        by_row: dict[str, list[Line]] = {}
        for line in goods.lines:
            by_row.setdefault(goods.row_of(line), []).append(line)
        rest: list[Line] = []
        movements: list[StockMovement] = []
        news: list[News] = []
        for key, lines in sorted(by_row.items()):
            wanted = sum(line.quantity for line in lines)
            row = await self._repository.settle(key, goods.attempt_id or "", wanted, now, session)
            if row is None:
                rest += lines
                continue
            movements += [movement(goods, line, MovementKind.ALLOCATE, line.quantity, 0, now) for line in lines]
            if row.is_low != (unsold(row) <= row.low_at):
                await self._repository.show_low(key, not row.is_low, session)
            if unsold(row) == 0:
                news.append(crossed_news(row, movements[-1].id))
        if movements:
            await self._repository.add_movements(movements, session)
        if news:
            await append_events(self._mongo, session, news, clock=self._clock)
        return tuple(rest)

    def _on_order(self, step: Callable[[Desk], None]) -> Callable[[Event, Session], Awaitable[None]]:
        async def handle(event: Event, session: Session) -> None:
            await self._take_step(OrderGoods.read(event.payload), step, session)

        return handle

    async def _take_step(self, goods: OrderGoods, step: Callable[[Desk], None], session: Session) -> None:
        desk = await self._prepare(goods, session)
        before = dict(desk.rows)
        step(desk)
        await self._write(desk, before, session)

    async def _prepare(self, goods: OrderGoods, session: Session) -> Desk:
        keys = sorted({goods.row_of(line) for line in goods.lines})
        rows = await self._repository.list_by_ids(keys, session=session)
        line_ids = [line.id for line in goods.lines]
        movements = await self._repository.list_movements_of_lines(line_ids, session=session)
        return Desk.prepare(goods, self._clock.now(), rows, movements)

    async def _write(self, desk: Desk, before: dict[str, Inventory], session: Session) -> None:
        if not desk.movements:
            return
        changed = [desk.rows[key] for key in sorted(desk.rows) if desk.rows[key] != before[key]]
        for row in changed:
            if row.id in desk.unknown:
                await self._repository.insert(row, session)
            else:
                await self._repository.replace(before[row.id], row, desk.now, session)
        await self._repository.add_movements(desk.movements, session)
        await self._tell(desk, [row for row in changed if crossed_zero(before[row.id], row)], session)

    async def _tell(self, desk: Desk, crossed: Sequence[Inventory], session: Session) -> None:
        """A sale for which nothing was left is never lost: it is in the audit log, and the seller hears of it."""
        movements = {each.inventory_id: each for each in desk.movements}
        news: list[News] = [crossed_news(row, movements[row.id].id) for row in crossed]
        for missing in desk.missing:
            line, key = missing.line, desk.goods.row_of(missing.line)
            row = desk.rows[key]
            _LOG.error("order %s was sold more than was left of stock row %s", desk.goods.order_id, key)
            short = {"wanted": line.quantity, "allocated": missing.allocated, "order_id": desk.goods.order_id}
            await self._audit.record(session, JOB, "stock.short", "inventory", key, after=short)
            news.append(short_news(desk.goods, line, row, missing.allocated, desk.movement_of(line).id))
        if news:
            await append_events(self._mongo, session, news, clock=self._clock)

    async def _on_crossed_zero(self, event: Event, session: Session) -> None:
        await self._figures.show_stock(session, event.payload["product_id"], self._clock.now())
