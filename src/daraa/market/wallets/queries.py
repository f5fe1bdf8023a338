"""The reads of the ledger that repositories and jobs send, each bound to its index."""

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.commission_rules import COMMISSION_RULES
from daraa.collections.commissions import COMMISSIONS, CommissionKind, CommissionStatus
from daraa.collections.courier_profiles import COURIER_PROFILES
from daraa.collections.currencies import CURRENCIES
from daraa.collections.journal_reversals import JOURNAL_REVERSALS
from daraa.collections.journals import JOURNALS
from daraa.collections.payments import PAYMENTS
from daraa.collections.payout_lines import PAYOUT_LINES
from daraa.collections.payouts import PAYOUTS
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.collections.wallets import WALLETS, WalletStatus
from daraa.collections.withdrawals import WITHDRAWALS
from daraa.declare import Is, Query, asc, beyond, desc, eq

WALLET_BY_ID = Query(WALLETS, "by_id", serves="by id", where=(eq("id"),))
WALLETS_OF_OWNER = Query(WALLETS, "of_owner", serves="the wallets of an owner by currency", where=(eq("owner_id"),))
WALLET_IN_CURRENCY = Query(
    WALLETS,
    "of_owner_in_currency",
    serves="the wallets of an owner by currency",
    where=(eq("owner_id"), eq("currency")),
)
FROZEN_WALLETS = Query(
    WALLETS,
    "frozen",
    serves="frozen wallets, longest frozen first",
    where=(Is("status", WalletStatus.FROZEN), beyond("freeze.at", "lte", "before")),
    sort=(asc("freeze.at"),),
)

STATEMENT = Query(
    WALLET_TRANSACTIONS,
    "statement",
    serves="a wallet's lines in the order they were posted",
    where=(eq("wallet_id"),),
    sort=(desc("seq"),),
)
LINES_SINCE = Query(
    WALLET_TRANSACTIONS,
    "of_wallet_since",
    serves="a wallet's lines, newest first",
    where=(eq("wallet_id"), beyond("created_at", "gte", "since")),
    sort=(desc("created_at"),),
)
LINES_OF_TYPE = Query(
    WALLET_TRANSACTIONS,
    "of_wallet_by_type",
    serves="a wallet's lines by type and status",
    where=(eq("wallet_id"), eq("type"), eq("status")),
)
LINES_OF_STATUS = Query(
    WALLET_TRANSACTIONS,
    "of_status_since",
    serves="all lines of a status, newest first",
    where=(eq("status"), beyond("created_at", "gte", "since")),
    sort=(desc("created_at"),),
)
LINES_OF_JOURNAL = Query(
    WALLET_TRANSACTIONS,
    "of_journal",
    serves="the wallet lines of a journal",
    where=(eq("journal_id"),),
    sort=(asc("line"),),
)

JOURNAL_BY_ID = Query(JOURNALS, "by_id", serves="by id", where=(eq("id"),))
JOURNAL_BY_KEY = Query(JOURNALS, "by_business_key", serves="a journal by its business key", where=(eq("business_key"),))
REVERSAL = Query(JOURNALS, "reversal", serves="the reversal of a journal", where=(eq("reverses"),))
JOURNALS_OF_ORDER = Query(
    JOURNALS,
    "of_order",
    serves="the journals of an order, oldest first",
    where=(eq("order_id"),),
    sort=(asc("id"),),
)
JOURNALS_OF_ACCOUNT = Query(
    JOURNALS,
    "of_ledger_account",
    serves="a ledger account's journals, newest first",
    where=(eq("entries.account"),),
    sort=(desc("id"),),
)
JOURNALS_OF_KIND = Query(
    JOURNALS,
    "of_kind",
    serves="journals of a kind, newest first",
    where=(eq("kind"),),
    sort=(desc("id"),),
)

COMMISSIONS_OF_STORE = Query(
    COMMISSIONS,
    "of_store_by_status",
    serves="a store's commissions by status, newest first",
    where=(eq("store_id"), eq("status")),
    sort=(desc("created_at"),),
)
EARNINGS_OF_STORE = Query(
    COMMISSIONS,
    "earnings_of_store",
    serves="a store's commissions by status, newest first",
    where=(eq("store_id"), eq("status")),
    also=(Is("kind", CommissionKind.PLATFORM),),
    sort=(desc("created_at"),),
)
COMMISSIONS_OF_ORDER = Query(COMMISSIONS, "of_order", serves="the commissions of an order", where=(eq("order_id"),))
COMMISSION_OF_KIND = Query(
    COMMISSIONS,
    "of_order_by_kind",
    serves="an order's commission of a kind",
    where=(eq("order_id"), eq("kind")),
)
COMMISSIONS_DUE = Query(
    COMMISSIONS,
    "due",
    serves="accrued commissions past their window",
    where=(Is("status", CommissionStatus.ACCRUED), beyond("due_at", "lte", "now")),
    sort=(asc("due_at"),),
)
RULE_BY_ID = Query(COMMISSION_RULES, "by_id", serves="by id", where=(eq("id"),))
ACTIVE_RULES = Query(
    COMMISSION_RULES,
    "active",
    serves="active commission rules in order",
    where=(Is("is_active", True),),
    sort=(asc("rank"), asc("id")),
)

PAYOUT_BY_ID = Query(PAYOUTS, "by_id", serves="by id", where=(eq("id"),))
PAYOUTS_OF_PAYEE = Query(
    PAYOUTS,
    "of_payee",
    serves="a payee's payouts, newest first",
    where=(eq("payee_id"),),
    sort=(desc("id"),),
)
PAYOUTS_OF_STATE = Query(
    PAYOUTS,
    "of_state",
    serves="payouts by state, oldest first",
    where=(eq("state"),),
    sort=(asc("id"),),
)
LINES_OF_PAYOUT = Query(
    PAYOUT_LINES,
    "of_payout",
    serves="the lines of a payout in order",
    where=(eq("payout_id"),),
    sort=(asc("id"),),
)
LINE_OF_EARNING = Query(PAYOUT_LINES, "of_earning", serves="the payout line of an earning", where=(eq("earning_id"),))
ALL_CURRENCIES = Query(CURRENCIES, "all", serves="by id", sort=(asc("id"),))

WITHDRAWAL_BY_ID = Query(WITHDRAWALS, "by_id", serves="by id", where=(eq("id"),))
WITHDRAWALS_OF_WALLET = Query(
    WITHDRAWALS,
    "of_wallet",
    serves="a wallet's withdrawals, newest first",
    where=(eq("wallet_id"),),
    sort=(desc("id"),),
)
WITHDRAWALS_OF_STATE = Query(
    WITHDRAWALS,
    "of_state",
    serves="withdrawals of a state, longest waiting first",
    where=(eq("state"),),
    sort=(asc("id"),),
)
REVERSAL_OF = Query(JOURNAL_REVERSALS, "by_id", serves="by id", where=(eq("id"),))
REVERSALS_OF_STATE = Query(
    JOURNAL_REVERSALS,
    "of_state",
    serves="reversals of a state, oldest journal first",
    where=(eq("state"),),
    sort=(asc("id"),),
)

# What wallets must know of their neighbours, by one question each.
ACCOUNT_OF_OWNER = Query(ACCOUNTS, "of_wallet_owner", serves="by id", where=(eq("id"),))
ACCOUNT_OF_PHONE = Query(ACCOUNTS, "of_payee", serves="an account by its phone", where=(eq("phone"),))
COURIER_OF_ACCOUNT = Query(COURIER_PROFILES, "of_payee", serves="a courier by account", where=(eq("account_id"),))
STORE_OF_RULE = Query(STORE_OWNER_PROFILES, "of_rule", serves="by id", where=(eq("id"),))
CATEGORY_OF_RULE = Query(STORE_CATEGORIES, "of_rule", serves="by id", where=(eq("id"),))
PAYMENT_OF_RELEASE = Query(PAYMENTS, "of_release", serves="the payment of an order", where=(eq("order_id"),))
