"""Pages of every list but the catalog's: signed cursors over ids or times, never an offset, never a total."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from daraa.kernel.settings import ApiSettings
from daraa.market.cursor import CursorSigner, Position

D = TypeVar("D")


class PageParameters(BaseModel):
    """What every list takes."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int | None, Field(ge=1, le=100, description="Items on the page; 20 if not given.")] = None
    cursor: Annotated[str | None, Field(max_length=1024, description="`page.next_cursor` of the page before.")] = None


class Pages:
    """Cuts lists into pages; a cursor is worthless with any other list, owner or filter."""

    def __init__(self, signer: CursorSigner, settings: ApiSettings) -> None:
        self._signer, self._settings = signer, settings

    async def cut(
        self,
        wanted: PageParameters,
        identity: Mapping[str, Any],
        read: Callable[[int, tuple[Any, ...] | None], Awaitable[Sequence[D]]],
        key: Callable[[D], tuple[Any, ...]],
        show: Callable[[D], Mapping[str, Any]],
    ) -> dict[str, Any]:
        """One page as `{data, page}`.

        `identity` names the list with its owner and filters (`{"list": "orders", "of": id}`), `read(limit, after)`
        fetches, `key` gives the sort values of an item (ids, numbers or times), `show` makes its JSON.
        """
        limit = min(wanted.limit or self._settings.page_size, self._settings.page_size_max)
        after = None if wanted.cursor is None else _read(self._signer.read(wanted.cursor, identity).after)
        rows = await read(limit + 1, after)
        data = [show(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return {"data": data, "page": {"next_cursor": None, "has_more": False}}
        position = Position(tuple(_written(value) for value in key(rows[limit - 1])), {})
        return {"data": data, "page": {"next_cursor": self._signer.sign(position, identity), "has_more": True}}


def _written(value: Any) -> Any:
    return {"t": value.isoformat()} if isinstance(value, datetime) else value


def _read(after: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(datetime.fromisoformat(value["t"]) if isinstance(value, dict) else value for value in after)
