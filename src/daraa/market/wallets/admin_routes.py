"""The ledger for admins: wallets to look at and freeze, journals to take back by four eyes, withdrawals, rules."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from daraa.collections.commission_rules import CommissionRule
from daraa.collections.journal_reversals import JournalReversal
from daraa.collections.withdrawals import Withdrawal
from daraa.market.http import AdminActor, IdempotencyKey, IdPath, ListOf, One, Spoken, answer, once, provided
from daraa.market.idempotency.service import Answer, Claim
from daraa.market.paging import PageParameters, Pages
from daraa.market.wallets import answers, statement
from daraa.market.wallets.admin_answers import (
    AnyWalletOut,
    AnyWithdrawalOut,
    JournalOut,
    OneJournalOut,
    ReversalOut,
    RuleOut,
)
from daraa.market.wallets.reversal_service import Reversals
from daraa.market.wallets.rule_service import CommissionRules
from daraa.market.wallets.schemas import EntryOut, ListReversals, ListWithdrawals, ReasonIn, RuleIn, SettleIn
from daraa.market.wallets.service import Wallets
from daraa.market.wallets.withdrawal_service import Withdrawals

router = APIRouter(prefix="/v1/admin", tags=["admin: ledger"])
WalletService = Annotated[Wallets, Depends(provided(Wallets))]
ReversalService = Annotated[Reversals, Depends(provided(Reversals))]
WithdrawalService = Annotated[Withdrawals, Depends(provided(Withdrawals))]
RuleService = Annotated[CommissionRules, Depends(provided(CommissionRules))]
Cut = Annotated[Pages, Depends(provided(Pages))]


@router.get("/wallets/{wallet_id}", response_model=One[AnyWalletOut], summary="Any wallet")
async def get_wallet(wallet_id: IdPath, actor: AdminActor, wallets: WalletService) -> Response:
    """With its owner, overdraft limit and why it is frozen; needs the right ledger:read."""
    return answer({"data": answers.wallet_for_admin(await wallets.get_any(actor, wallet_id))})


@router.get("/wallets/{wallet_id}/entries", response_model=ListOf[EntryOut], summary="Any statement, newest first")
async def list_entries(
    wallet_id: IdPath,
    wanted: Annotated[PageParameters, Query()],
    actor: AdminActor,
    wallets: WalletService,
    pages: Cut,
    language: Spoken,
) -> Response:
    """Needs the right ledger:read."""
    wallet = await wallets.get_any(actor, wallet_id)
    return answer(await statement.page(wallets, pages, wallet, wanted, language))


@router.post("/wallets/{wallet_id}:freeze", response_model=One[AnyWalletOut], summary="Let nothing out of a wallet")
async def freeze(wallet_id: IdPath, body: ReasonIn, actor: AdminActor, wallets: WalletService) -> Response:
    """Credits and refunds still arrive; needs the right ledger:adjust."""
    return answer({"data": answers.wallet_for_admin(await wallets.freeze(actor, wallet_id, body.reason))})


@router.post(
    "/wallets/{wallet_id}:unfreeze", response_model=One[AnyWalletOut], summary="Let money out of a wallet again"
)
async def unfreeze(wallet_id: IdPath, body: ReasonIn, actor: AdminActor, wallets: WalletService) -> Response:
    """Needs the right ledger:adjust."""
    return answer({"data": answers.wallet_for_admin(await wallets.unfreeze(actor, wallet_id, body.reason))})


@router.get("/journals/{journal_id}", response_model=One[OneJournalOut], summary="Any journal")
async def get_journal(journal_id: IdPath, actor: AdminActor, reversals: ReversalService) -> Response:
    """Its entries, and the journal that took it back; needs the right ledger:read."""
    journal, mirror = await reversals.get_journal(actor, journal_id)
    return answer({"data": {**answers.whole(journal), "reversed_by": mirror.id if mirror else None}})


@router.post(
    "/journals/{journal_id}:reverse",
    status_code=202,
    response_model=One[ReversalOut],
    summary="Ask that a journal be taken back",
)
async def reverse(journal_id: IdPath, body: ReasonIn, actor: AdminActor, reversals: ReversalService) -> Response:
    """Nothing moves before another admin approves; needs the right ledger:adjust."""
    asked = await reversals.request(actor, journal_id, body.reason)
    return answer({"data": answers.whole(asked)}, 202)


@router.post(
    "/journals/{journal_id}:approve-reversal",
    status_code=201,
    response_model=One[JournalOut],
    summary="Take a journal back",
)
async def approve_reversal(journal_id: IdPath, actor: AdminActor, reversals: ReversalService) -> Response:
    """Posts its exact mirror, once; not by the admin who asked; needs the right ledger:adjust."""
    mirror = await reversals.approve(actor, journal_id)
    return answer({"data": answers.whole(mirror)}, 201, location=f"/v1/admin/journals/{mirror.id}")


@router.post(
    "/journals/{journal_id}:refuse-reversal", response_model=One[ReversalOut], summary="Leave a journal as it is"
)
async def refuse_reversal(
    journal_id: IdPath, body: ReasonIn, actor: AdminActor, reversals: ReversalService
) -> Response:
    """Ends the request, also one's own; needs the right ledger:adjust."""
    return answer({"data": answers.whole(await reversals.refuse(actor, journal_id, body.reason))})


@router.get("/reversals", response_model=ListOf[ReversalOut], summary="Requests to take journals back")
async def list_reversals(
    wanted: Annotated[ListReversals, Query()], actor: AdminActor, reversals: ReversalService, pages: Cut
) -> Response:
    """Of one state, those about the oldest journals first; needs the right ledger:read."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[JournalReversal]:
        return await reversals.list_of_state(actor, wanted.state, limit=limit, after=after)

    identity = {"list": "reversals", "state": wanted.state.value}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.whole))


@router.get("/withdrawals", response_model=ListOf[AnyWithdrawalOut], summary="Withdrawals of everybody")
async def list_withdrawals(
    wanted: Annotated[ListWithdrawals, Query()], actor: AdminActor, withdrawals: WithdrawalService, pages: Cut
) -> Response:
    """Of one state, the longest waiting first; needs the right payout:run."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Withdrawal]:
        return await withdrawals.list_of_state(actor, wanted.state, limit=limit, after=after)

    identity = {"list": "all withdrawals", "state": wanted.state.value}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.withdrawal_for_admin))


@router.post(
    "/withdrawals/{withdrawal_id}:approve",
    response_model=One[AnyWithdrawalOut],
    summary="Say that a withdrawal was paid",
)
async def approve_withdrawal(
    withdrawal_id: IdPath, body: SettleIn, actor: AdminActor, withdrawals: WithdrawalService
) -> Response:
    """The money leaves the wallet for good; not for one's own request; needs the right payout:run."""
    settled = await withdrawals.approve(actor, withdrawal_id, body.bank_reference, body.note)
    return answer({"data": answers.withdrawal_for_admin(settled)})


@router.post("/withdrawals/{withdrawal_id}:refuse", response_model=One[AnyWithdrawalOut], summary="Refuse a withdrawal")
async def refuse_withdrawal(
    withdrawal_id: IdPath, body: ReasonIn, actor: AdminActor, withdrawals: WithdrawalService
) -> Response:
    """The money may be spent again; needs the right payout:run."""
    refused = await withdrawals.refuse(actor, withdrawal_id, body.reason)
    return answer({"data": answers.withdrawal_for_admin(refused)})


@router.get("/commission-rules", response_model=ListOf[RuleOut], summary="Commission rules in the order they are asked")
async def list_rules(
    wanted: Annotated[PageParameters, Query()], actor: AdminActor, rules: RuleService, pages: Cut
) -> Response:
    """Those that are switched on; needs the right commission:write."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[CommissionRule]:
        return await rules.list_active(actor, limit=limit, after=after)

    identity = {"list": "commission rules"}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.rank, row.id), answers.whole))


@router.post("/commission-rules", status_code=201, response_model=One[RuleOut], summary="A new commission rule")
async def create_rule(
    body: RuleIn, actor: AdminActor, key: IdempotencyKey, request: Request, rules: RuleService
) -> Response:
    """Or a new version of one: `replaces` ends it when this begins; needs the right commission:write."""

    async def work(claim: Claim) -> Answer:
        return await rules.create(actor, body, claim)

    return await once(request, actor, key, body, work, money=False)


@router.post("/commission-rules/{rule_id}:end", response_model=One[RuleOut], summary="End a commission rule now")
async def end_rule(rule_id: IdPath, body: ReasonIn, actor: AdminActor, rules: RuleService) -> Response:
    """Orders keep what was sealed on them; needs the right commission:write."""
    return answer({"data": answers.whole(await rules.end(actor, rule_id, body.reason))})
