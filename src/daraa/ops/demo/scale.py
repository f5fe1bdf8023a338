"""How a number of products becomes cells: blocks of stores, people and sales that share nothing with other blocks.

Money and stock never cross a cell, so a cell is made whole in memory, its balances are exact, and memory stays flat
however many there are. Beyond the first 400 cells (60,000 products) a cell has stores and products only: a million
products need no million orders to look real, and the load stays short.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from daraa.ops.demo.goods import KINDS, Kind

CELL_PRODUCTS = 150
STORE_PRODUCTS = 30
CELL_STORES = CELL_PRODUCTS // STORE_PRODUCTS
LIVELY_CELLS = 400
MOST_PRODUCTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """Block `number`, with so many products."""

    number: int
    products: int

    @property
    def is_lively(self) -> bool:
        """True when people buy there."""
        return self.number < LIVELY_CELLS

    @property
    def stores(self) -> int:
        """One store for every 30 products."""
        return -(-self.products // STORE_PRODUCTS)

    @property
    def customers(self) -> int:
        """One customer for every 6 products, at least two."""
        return max(2, self.products // 6) if self.is_lively else 0

    @property
    def couriers(self) -> int:
        """One courier for every 50 products, at least one."""
        return max(1, self.products // 50) if self.is_lively else 0

    @property
    def checkouts(self) -> int:
        """One checkout for every 5 products over the year, at least six; one in four splits over two stores."""
        return max(6, self.products // 5) if self.is_lively else 0


def cells(products: int) -> Iterator[Cell]:
    """The blocks that make up so many products."""
    for number in range(cell_count(products)):
        yield Cell(number, min(CELL_PRODUCTS, products - number * CELL_PRODUCTS))


def cell_count(products: int) -> int:
    """How many blocks there are."""
    return -(-products // CELL_PRODUCTS)


def kind_of(store: int) -> Kind:
    """What the store of that number over all cells sells."""
    return KINDS[store % len(KINDS)]


def stores_of(products: int) -> Iterator[tuple[Kind, int]]:
    """Every store's kind and how many products it has."""
    for number in range(-(-products // STORE_PRODUCTS)):
        yield kind_of(number), min(STORE_PRODUCTS, products - number * STORE_PRODUCTS)


def products_per_category(products: int) -> Counter[str]:
    """How many products each leaf of the tree gets, by its slug."""
    counted = Counter[str]()
    for (kind, size), stores in Counter(stores_of(products)).items():
        for place in range(size):
            counted[kind.goods[place % len(kind.goods)].category] += stores
    return counted


def stores_per_kind(products: int) -> Counter[str]:
    """How many stores there are of each kind, by its slug."""
    return Counter(kind.slug for kind, _ in stores_of(products))
