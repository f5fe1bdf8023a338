"""Every collection that the plan names is declared, each on one file's worth of data."""

import ast
from pathlib import Path

import pytest

import daraa.collections
from daraa.collections import ALL

PLAN = (
    *(
        "account",
        "security_profile",
        "admin_profile",
        "store_owner_profile",
        "customer_profile",
    ),
    *(
        "courier_profile",
        "product",
        "product_variant",
        "category",
        "store_category",
        "inventory",
        "order",
    ),
    *(
        "cart",
        "payment",
        "review",
        "dispute",
        "coupon",
        "offer",
        "points_transaction",
        "referral",
        "wallet",
    ),
    *(
        "wallet_transaction",
        "commission",
        "delivery_zone",
        "store_delivery_zone",
        "address",
    ),
    *(
        "notification",
        "notification_template",
        "notification_preference",
        "otp",
        "audit_log",
    ),
    *(
        "user_activity",
        "device_token",
    ),
)


def plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("s") else "s")


def test_the_plan_names_33() -> None:
    assert len(PLAN) == 33


@pytest.mark.parametrize("name", PLAN)
def test_a_collection_of_the_plan_is_declared(name: str) -> None:
    assert plural(name) in {collection.name for collection in ALL}


# The list itself, the proofs, whose aggregations share pieces, and the names of the ledger's accounts.
NOT_COLLECTIONS = {"__init__.py", "proofs.py", "order_proofs.py", "formulas.py", "ledger_accounts.py"}
FILES = [
    path for path in sorted(Path(daraa.collections.__file__).parent.glob("*.py")) if path.name not in NOT_COLLECTIONS
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_collection_file_is_data_only(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node.name for node in ast.walk(body) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert not functions, f"{path.name} is a program: {functions}"
