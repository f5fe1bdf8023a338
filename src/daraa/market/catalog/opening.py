"""Puts the services together that change the catalog; the public one is opened by the API, which keeps it warm."""

from typing import Any

from daraa.market.audit.service import Audit
from daraa.market.catalog.figure_service import Figures
from daraa.market.catalog.follow_service import Following
from daraa.market.catalog.goods_service import Goods
from daraa.market.catalog.kind_service import Kinds
from daraa.market.catalog.tree_service import Categories
from daraa.market.catalog.variant_service import Variants
from daraa.stores.mongo import Mongo


def open_catalog(mongo: Mongo, audit: Audit) -> tuple[Any, ...]:
    """Goods and trees, and the sweepers behind them."""
    figures = Figures(mongo)
    goods, variants = Goods(mongo, figures, audit), Variants(mongo, figures, audit)
    return figures, goods, variants, Categories(mongo, audit), Kinds(mongo, audit), Following(mongo)
