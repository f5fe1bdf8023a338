"""The routers of all capabilities, in the order in which the API's description lists them."""

from fastapi import APIRouter

from daraa.market.accounts import admin_routes as admin_accounts
from daraa.market.accounts import routes as accounts
from daraa.market.audit import routes as audit
from daraa.market.carts import routes as carts
from daraa.market.catalog import admin_routes as admin_catalog
from daraa.market.catalog import routes as catalog
from daraa.market.catalog import seller_routes as goods
from daraa.market.delivery import admin_routes as admin_delivery
from daraa.market.delivery import courier_routes as couriers
from daraa.market.delivery import routes as delivery
from daraa.market.fulfilment import routes as fulfilment
from daraa.market.inventory import routes as inventory
from daraa.market.notifications import admin_routes as notifications_admin
from daraa.market.notifications import routes as notifications
from daraa.market.orders import admin_routes as admin_orders
from daraa.market.orders import routes as orders
from daraa.market.orders import seller_routes as seller_orders
from daraa.market.payments import routes as payments
from daraa.market.profiles import routes as profiles
from daraa.market.sellers import admin_routes as admin_sellers
from daraa.market.sellers import routes as sellers
from daraa.market.wallets import admin_routes as ledger
from daraa.market.wallets import earner_routes as earners
from daraa.market.wallets import routes as wallets
from daraa.market.webhooks import routes as hooks

ROUTERS: tuple[APIRouter, ...] = (
    accounts.router,
    profiles.router,
    admin_accounts.router,
    catalog.router,
    sellers.router,
    goods.router,
    admin_sellers.router,
    admin_catalog.router,
    payments.router,
    payments.admin_router,
    wallets.router,
    earners.router,
    ledger.router,
    hooks.router,
    audit.router,
    inventory.router,
    carts.router,
    orders.router,
    seller_orders.router,
    admin_orders.router,
    delivery.router,
    couriers.router,
    admin_delivery.router,
    fulfilment.router,
    notifications.router,
    notifications_admin.router,
)
