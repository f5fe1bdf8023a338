"""Stores with stock and customers with full carts, written in bulk and so that every proof holds from the beginning."""

import itertools
import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.accounts import ACCOUNTS, Account, Role
from daraa.collections.addresses import ADDRESSES, Address
from daraa.collections.carts import CARTS, Cart, CartItem
from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.customer_profiles import CUSTOMER_PROFILES, CustomerProfile, ShoppingStats
from daraa.collections.delivery_zones import DELIVERY_ZONES, DeliveryZone
from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import INVENTORIES, Inventory
from daraa.collections.journals import JOURNALS
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.products import PRODUCTS, Product, ProductStatus, StoreCopy
from daraa.collections.sessions import SESSIONS, LoginWay, Session
from daraa.collections.stock_movements import STOCK_MOVEMENTS, MovementKind, StockMovement
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES, StoreDeliveryZone
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, Review, StoreOwnerProfile, StoreStatus
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.collections.wallets import WALLETS, Wallet, WalletKind
from daraa.declare import Collection, Document, Localized
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.text import fold, search_words
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.accounts.tokens import Claims, Tokens
from daraa.market.wallets.movements import journal_of, movements
from daraa.market.wallets.postings import topped_up
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.codec import encode

STORES, PER_STORE = 20, 10
PLENTY = 100_000
PRICE, FEE, WEALTH = 100_000, 10_000, 10_000_000
BATCH = 1_000


def syp(amount: int) -> Money:
    """So many piastres."""
    return Money(amount=amount, currency="SYP")


@dataclass(frozen=True)
class Shopper:
    """A customer who is about to check out: three pieces, from two stores."""

    token: str
    address_id: str
    pays: str
    wants_hot: bool


class Town:
    """Writes as administrator into the seeded database of a platform."""

    def __init__(self, mongo: Mongo, tokens: Tokens, zone: DeliveryZone, seed: int = 1) -> None:
        self._mongo, self._tokens, self._zone = mongo, tokens, zone
        self._dice = random.Random(seed)
        self._count = itertools.count(1)
        self._shelves: list[list[ProductVariant]] = []

    async def open_stores(self) -> None:
        """Twenty stores with ten products each, and more stock than will be sold."""
        now = SYSTEM_CLOCK.now()
        name = Localized(ar="كل شيء", en="Everything")
        category = Category(id=new_id("cat"), slug="bench", name=name, **stamp(now))
        await self._put(CATEGORIES, [category])
        stores = [self._store(number, now) for number in range(STORES)]
        await self._put(STORE_OWNER_PROFILES, stores)
        terms = [
            StoreDeliveryZone(id=new_id("sdz"), store_id=store.id, zone_id=self._zone.id, fee=syp(FEE), **stamp(now))
            for store in stores
        ]
        await self._put(STORE_DELIVERY_ZONES, terms)
        for store in stores:
            self._shelves.append([await self.stock(store, category, PLENTY) for _ in range(PER_STORE)])
        self._first = (stores[0], category)

    async def hot(self, pieces: int) -> ProductVariant:
        """A new product of the first store, of which there are so many pieces."""
        return await self.stock(*self._first, pieces)

    async def stock(self, store: StoreOwnerProfile, category: Category, pieces: int) -> ProductVariant:
        """A product with one variant and so many pieces received."""
        now, number = SYSTEM_CLOCK.now(), next(self._count)
        name = Localized(ar=f"منتج {number}", en=f"Product {number}")
        product = Product(
            id=new_id("prd"), store_id=store.id, category_id=category.id, category_path=(category.id,),
            slug=f"bench-product-{number}", name=name, description=name, status=ProductStatus.ACTIVE, in_stock=True,
            store=StoreCopy(name=store.name, slug=store.slug, open=True), price_from=syp(PRICE), price_to=syp(PRICE),
            search_text=fold(name.en), search_words=search_words(name.ar, name.en), **stamp(now),
        )  # fmt: skip
        variant = ProductVariant(
            id=new_id("var"), product_id=product.id, store_id=store.id, sku=f"SKU-{number}", price=syp(PRICE),
            **stamp(now),
        )  # fmt: skip
        key = inventory_id(store.id, variant.id)
        row = Inventory(
            id=key, store_id=store.id, product_id=product.id, variant_id=variant.id, available=pieces, on_hand=pieces,
            **stamp(now),
        )  # fmt: skip
        received = StockMovement(
            id=new_id("smv"), inventory_id=key, kind=MovementKind.RECEIVE, quantity=pieces, delta_on_hand=pieces,
            store_id=store.id, variant_id=variant.id, **stamp(now),
        )  # fmt: skip
        await self._put(PRODUCTS, [product])
        await self._put(PRODUCT_VARIANTS, [variant])
        await self._put(INVENTORIES, [row])
        await self._put(STOCK_MOVEMENTS, [received])
        return variant

    async def shoppers(self, count: int, hot: ProductVariant, hot_share: float) -> list[Shopper]:
        """New customers, every second with money in the wallet, each logged in and with a cart; in random order."""
        now = SYSTEM_CLOCK.now()
        accounts = [self._account(now) for _ in range(count)]
        addresses = [self._address(account, now) for account in accounts]
        sessions = [_session(account, now) for account in accounts]
        carts = [self._cart(account, hot if number < count * hot_share else None, now)
                 for number, account in enumerate(accounts)]  # fmt: skip
        await self._put(ACCOUNTS, accounts)
        await self._put(ADDRESSES, addresses)
        await self._put(CUSTOMER_PROFILES, [_profile(*each, now) for each in zip(accounts, addresses, strict=True)])
        await self._put(SESSIONS, sessions)
        await self._put(CARTS, carts)
        # Made active by an update, or their place would stay taken: see docs/stand-ins.md.
        for first in range(0, count, BATCH):
            ids = [cart.id for cart in carts[first : first + BATCH]]
            await self._mongo.collection(CARTS).update_many({"_id": {"$in": ids}}, {"$set": {"isActive": True}})
        await self._fund(accounts[::2], now)
        made = [
            Shopper(self._token(account, session), address.id, "cash" if number % 2 else "wallet", any(
                item.variant_id == hot.id for item in cart.items))
            for number, (account, session, address, cart) in enumerate(
                zip(accounts, sessions, addresses, carts, strict=True))
        ]  # fmt: skip
        self._dice.shuffle(made)
        return made

    async def _fund(self, owners: Sequence[Account], now: datetime) -> None:
        """What a top-up leaves behind, without its news: wallet, journal and line."""
        wallets, journals, lines = [], [], []
        for owner in owners:
            wallet = Wallet(
                id=new_id("wal"), owner_id=owner.id, kind=WalletKind.CUSTOMER, currency="SYP", available=WEALTH,
                last_seq=1, **stamp(now),
            )  # fmt: skip
            posting = topped_up("local", new_id("top"), wallet.id, syp(WEALTH))
            journal = journal_of(posting, None, now)
            (movement,) = movements([(posting, journal)])
            wallets.append(wallet)
            journals.append(journal)
            lines += movement.lines(wallet, None, now)
        await self._put(WALLETS, wallets)
        await self._put(JOURNALS, journals)
        await self._put(WALLET_TRANSACTIONS, lines)

    def _store(self, number: int, now: datetime) -> StoreOwnerProfile:
        name = Localized(ar=f"متجر {number}", en=f"Store {number}")
        return StoreOwnerProfile(
            id=new_id("sto"), account_id=new_id("acc"), slug=f"bench-store-{number}", name=name, category_ids=(),
            status=StoreStatus.APPROVED, review=Review(submitted_at=now), phone="+963933123456",
            search_text=fold(name.en), search_words=search_words(name.ar, name.en), **stamp(now),
        )  # fmt: skip

    def _account(self, now: datetime) -> Account:
        number = next(self._count)
        return Account(
            id=new_id("acc"), phone=f"+96394{number:07}", full_name=f"Customer {number}", roles=(Role.CUSTOMER,),
            default_currency="SYP", **stamp(now),
        )  # fmt: skip

    def _address(self, account: Account, now: datetime) -> Address:
        return Address(
            id=new_id("adr"), owner_id=account.id, label="البيت", recipient=account.full_name, phone=account.phone,
            city="درعا", area="المحطة", street="شارع هنانو", building="7", location=self._zone.center,
            zone_id=self._zone.id, is_default=True, last_used_at=now, **stamp(now),
        )  # fmt: skip

    def _cart(self, account: Account, hot: ProductVariant | None, now: datetime) -> Cart:
        """Two lines of one store and one of another; the first is the hot product where there is one."""
        here, there = self._dice.sample(range(1, STORES), 2)
        lines = [*self._dice.sample(self._shelves[here], 2), self._dice.choice(self._shelves[there])]
        if hot is not None:
            lines = [hot, self._dice.choice(self._shelves[0]), lines[2]]
        items = tuple(
            CartItem(
                variant_id=each.id, product_id=each.product_id, store_id=each.store_id, quantity=1,
                name=Localized(ar="شيء", en="Thing"), last_price=each.price, added_at=now,
            )
            for each in lines
        )  # fmt: skip
        return Cart(
            id=new_id("crt"), customer_id=account.id, items=items, currency="SYP", touched_at=now, is_active=False,
            **stamp(now),
        )  # fmt: skip

    def _token(self, account: Account, session: Session) -> str:
        customer = frozenset({Role.CUSTOMER.value})
        return self._tokens.access(Claims(account.id, session.id, LoginWay.CODE, customer, frozenset(), 0))

    async def _put(self, collection: Collection[Any], documents: Iterable[Document]) -> None:
        rows = [encode(each) for each in documents]
        for first in range(0, len(rows), BATCH):
            await self._mongo.collection(collection).insert_many(rows[first : first + BATCH], ordered=False)


async def seeded_zone(mongo: Mongo, code: str = "daraa-city") -> DeliveryZone:
    """A zone of the seed."""
    found = await mongo.collection(DELIVERY_ZONES).find_one({"code": code})
    return DeliveryZone.model_validate(found, strict=False)


def _profile(account: Account, address: Address, now: datetime) -> CustomerProfile:
    return CustomerProfile(
        id=new_id("cus"), account_id=account.id, default_address_id=address.id, stats=ShoppingStats(spent=syp(0)),
        referral_code=secrets.token_hex(4).upper(), **stamp(now),
    )  # fmt: skip


def _session(account: Account, now: datetime) -> Session:
    return Session(
        id=new_id("ses"), account_id=account.id, by=LoginWay.CODE, refresh_hash=secrets.token_hex(32), token_epoch=0,
        ip="127.0.0.1", last_seen_at=now, expires_at=now + timedelta(days=1), **stamp(now),
    )  # fmt: skip
