"""What can go wrong with a demo load."""

from daraa.kernel.errors import register

WORDS_INVALID = register(
    "demo.load.invalid", status=400, en="This demo load makes no sense", ar="طلب بيانات تجريبية غير صالح"
)
OTHER_LOAD = register(
    "demo.load.other", status=409, en="Another demo load is in this database", ar="توجد بيانات تجريبية أخرى"
)
NOT_EMPTY = register(
    "demo.database.used", status=409, en="The database holds real accounts", ar="القاعدة تحوي حسابات حقيقية"
)
