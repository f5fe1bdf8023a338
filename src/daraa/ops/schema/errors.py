"""What can go wrong while a schema is compared or applied."""

from daraa.kernel.errors import register

NO_ACCOUNT = register(
    "schema.account.missing", status=500, en="The migrator account is missing", ar="حساب الترحيل غير موجود"
)
DUPLICATES = register(
    "schema.index.duplicates", status=500, en="A unique index meets duplicates", ar="فهرس فريد يصطدم بقيم مكررة"
)
NOT_DONE = register(
    "schema.step.not_done", status=500, en="The server did not do what it confirmed", ar="لم ينفذ الخادم ما أكده"
)
NO_SUCH_INDEX = register(
    "schema.drop.unknown", status=500, en="There is no such undeclared index", ar="لا يوجد فهرس غير معلن بهذا الاسم"
)
UNKNOWN_COLLECTION = register(
    "schema.collection.unknown", status=500, en="There is no such collection", ar="لا توجد مجموعة بهذا الاسم"
)
