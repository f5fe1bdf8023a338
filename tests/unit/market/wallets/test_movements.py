"""Any sequence of postings keeps the books: balances are the sums of lines that chain, and never below their floor."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from daraa.collections.journals import Journal, JournalKind
from daraa.collections.wallet_transactions import WalletTransaction
from daraa.collections.wallets import Wallet, WalletKind, WalletStatus
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.wallets import postings
from daraa.market.wallets.movements import BALANCES, Movement, journal_of, movements
from daraa.market.wallets.postings import AVAILABLE, HELD, PENDING, Posting

NOW = datetime(2026, 11, 23, tzinfo=UTC)
STORE = new_id("sto")


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def a_wallet(**more: int | WalletStatus) -> Wallet:
    return Wallet(id=new_id("wal"), owner_id=STORE, kind=WalletKind.STORE, currency="SYP", **stamp(NOW), **more)


def fits(wallet: Wallet, movement: Movement) -> bool:
    """The guard as the server judges it, written anew from what the guard is for."""
    if wallet.status is WalletStatus.CLOSED or (wallet.status is WalletStatus.FROZEN and movement.needs_active):
        return False
    low = {status: getattr(wallet, name) + movement.balances[status].lowest for status, name in BALANCES.items()}
    floor = -wallet.overdraft_limit if movement.balances[AVAILABLE].lowest < 0 else low[AVAILABLE]
    return low[AVAILABLE] >= floor and low[PENDING] >= 0 and low[HELD] >= 0


@dataclass
class Bank:
    """What the database would hold: wallets change by the update alone, or the whole call is refused."""

    wallets: dict[str, Wallet]
    lines: list[WalletTransaction] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)

    def post(self, wanted: list[Posting]) -> bool:
        posted = [(posting, journal_of(posting, None, NOW)) for posting in wanted]
        moves = movements(posted)
        assert [each.wallet_id for each in moves] == sorted({each.wallet_id for each in moves})
        if not all(fits(self.wallets[each.wallet_id], each) for each in moves):
            return False
        for each in moves:
            added = each.change(NOW)["$inc"]
            wallet = self.wallets[each.wallet_id]
            after = wallet.model_copy(update={name: getattr(wallet, name) + by for name, by in added.items()})
            self.wallets[wallet.id] = after
            self.lines += each.lines(after, None, NOW)
        self.journals += [journal for _, journal in posted]
        return True

    def check(self) -> None:
        """The proofs of the ledger."""
        for journal in self.journals:
            assert sum(entry.amount.amount for entry in journal.entries) == 0
        wanted = {(j.id, n): e for j in self.journals for n, e in enumerate(j.entries) if e.wallet_id}
        assert {(line.journal_id, line.line) for line in self.lines} == set(wanted)
        for line in self.lines:
            assert line.amount == wanted[line.journal_id, line.line].amount
        for wallet in self.wallets.values():
            own = sorted((line for line in self.lines if line.wallet_id == wallet.id), key=lambda line: line.seq)
            assert [line.seq for line in own] == list(range(1, wallet.last_seq + 1))
            running = dict.fromkeys(BALANCES, 0)
            for line in own:
                assert line.balance_before.amount == running[line.status]
                running[line.status] += line.amount.amount
                assert line.balance_after.amount == running[line.status]
                floor = -wallet.overdraft_limit if line.status is AVAILABLE else 0
                assert running[line.status] >= floor
            assert {status: getattr(wallet, name) for status, name in BALANCES.items()} == running


def steps(wallets: list[str]) -> st.SearchStrategy[Posting]:
    """Any event on any of the wallets."""
    wallet, amount = st.sampled_from(wallets), st.integers(1, 60).map(syp)
    keys = st.builds(new_id, st.just("key"))
    return st.one_of(
        st.builds(postings.topped_up, st.just("P"), keys, wallet, amount),
        st.builds(postings.paid_by_wallet, keys, keys, wallet, amount),
        st.builds(postings.transferred, keys, wallet, wallet, amount),
        st.builds(postings.withdrawal_held, keys, wallet, amount),
        st.builds(postings.withdrawal_settled, keys, wallet, amount),
        st.builds(postings.withdrawal_returned, keys, wallet, amount),
        st.builds(postings.released, keys, st.just(STORE), wallet, amount),
        st.builds(
            lambda order, one, two, each: postings.closed(
                order, order, store_id=STORE, store_wallet=one, goods_share=each, commission=each,
                delivery_share=each, courier_id=STORE, courier_wallet=two, courier_share=each,
            ),
            st.builds(new_id, st.just("ord")), wallet, wallet, amount,
        ),
    )  # fmt: skip


def valid(posting: Posting) -> Posting:
    """Without the references, which want ids of their own kinds."""
    return replace(posting, order_id=None, payment_id=None)


@settings(max_examples=150)
@given(st.data())
def test_any_sequence_of_postings_keeps_the_books(data: st.DataObject) -> None:
    states = data.draw(st.lists(st.sampled_from(WalletStatus), min_size=3, max_size=3))
    limits = data.draw(st.lists(st.integers(0, 40), min_size=3, max_size=3))
    wallets = [a_wallet(status=status, overdraft_limit=limit) for status, limit in zip(states, limits, strict=True)]
    bank = Bank({each.id: each for each in wallets})
    for call in data.draw(st.lists(st.lists(steps([*bank.wallets]), min_size=1, max_size=4), max_size=12)):
        bank.post([valid(each) for each in call])
        bank.check()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_a_mirror_brings_every_balance_back(amounts: list[int]) -> None:
    wallet = a_wallet()
    bank = Bank({wallet.id: wallet})
    for amount in amounts:
        assert bank.post([postings.topped_up("P", new_id("ref"), wallet.id, syp(amount))])
        assert bank.post([postings.withdrawal_held(new_id("wdr"), wallet.id, syp(amount))])
    for journal in reversed(bank.journals[:]):
        lines = [line for line in bank.lines if line.journal_id == journal.id]
        assert bank.post([postings.mirror(journal, lines, "all wrong")])
        assert bank.journals[-1].reverses == journal.id
    bank.check()
    after = bank.wallets[wallet.id]
    assert (after.available, after.pending, after.held) == (0, 0, 0)


def movement(*wanted: Posting) -> Movement:
    (only,) = movements([(each, journal_of(each, None, NOW)) for each in wanted])
    return only


def test_what_a_frozen_wallet_refuses_is_money_that_leaves() -> None:
    wallet = new_id("wal")
    leaves = [
        postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet, syp(1)),
        postings.withdrawal_held("w", wallet, syp(1)),
        postings.withdrawal_settled("w", wallet, syp(1)),
    ]
    stays = [
        postings.topped_up("P", "r", wallet, syp(1)),
        postings.released(new_id("ord"), STORE, wallet, syp(1)),
        postings.withdrawal_returned("w", wallet, syp(1)),
    ]
    assert [movement(each).needs_active for each in leaves] == [True] * 3
    assert [movement(each).needs_active for each in stays] == [False] * 3


def test_a_credit_in_the_same_call_does_not_hide_a_debit_from_a_frozen_wallet() -> None:
    wallet = new_id("wal")
    both = [
        postings.topped_up("P", "r", wallet, syp(9)),
        postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet, syp(5)),
    ]
    assert movement(*both).needs_active


def test_two_admins_may_take_money_back_from_a_frozen_wallet() -> None:
    wallet = a_wallet()
    bank = Bank({wallet.id: wallet})
    bank.post([postings.topped_up("P", "r", wallet.id, syp(5))])
    mirror = postings.mirror(bank.journals[0], bank.lines, "stolen card")
    assert mirror.kind is JournalKind.REVERSE
    assert not movement(mirror).needs_active


def test_a_correction_does_not_carry_a_payment_past_a_freeze() -> None:
    wallet = a_wallet()
    bank = Bank({wallet.id: wallet})
    bank.post([postings.topped_up("P", "r", wallet.id, syp(5))])
    mirror = postings.mirror(bank.journals[0], bank.lines, "stolen card")
    pay = postings.paid_by_wallet(new_id("ord"), new_id("pay"), wallet.id, syp(1))
    assert movement(mirror, pay).needs_active
