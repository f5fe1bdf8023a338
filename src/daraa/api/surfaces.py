"""The routers of all capabilities, in the order in which the API's description lists them."""

from fastapi import APIRouter

from daraa.market.audit import routes as audit
from daraa.market.carts import routes as carts
from daraa.market.catalog import routes as catalog
from daraa.market.inventory import routes as inventory

ROUTERS: tuple[APIRouter, ...] = (catalog.router, audit.router, inventory.router, carts.router)
