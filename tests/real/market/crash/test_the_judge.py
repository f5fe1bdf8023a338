"""The crash matrix is judged by proofs: without one of them, or with books that are wrong, the judge says no."""

import pytest

from daraa.collections.inventories import INVENTORIES
from daraa.collections.proofs import PROOFS
from factories.crash import REQUIRED, DoomedTown

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", sorted(REQUIRED))
async def test_a_proof_that_is_switched_off_turns_the_matrix_red(
    doomed: DoomedTown, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doomed, "proofs", [proof for proof in PROOFS if proof.name != name])
    with pytest.raises(AssertionError, match="switched off"):
        await doomed.prove()


async def test_one_piece_too_many_on_a_shelf_turns_the_matrix_red(doomed: DoomedTown) -> None:
    front = await doomed.town.storefront(10_000, stock=5)
    await doomed.prove()
    shelf = {"variantId": front.variant.id}
    await doomed.town.mongo.collection(INVENTORIES).update_one(shelf, {"$inc": {"onHand": 1, "available": 1}})
    with pytest.raises(AssertionError, match=r"proof\.stock"):
        await doomed.prove()
    await doomed.town.mongo.collection(INVENTORIES).update_one(shelf, {"$inc": {"onHand": -1, "available": -1}})
    await doomed.prove()
