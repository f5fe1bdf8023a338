"""What can go wrong with objects, by name."""

from daraa.kernel.errors import register

KEY_INVALID = register("objects.key.invalid", status=400, en="The object's name is not valid", ar="اسم الكائن غير صالح")
MISSING = register("objects.object.missing", status=404, en="There is no such object", ar="لا يوجد كائن بهذا الاسم")
EXISTS = register("objects.object.exists", status=409, en="The object exists already", ar="الكائن موجود من قبل")
CHANGED = register(
    "objects.object.changed",
    status=409,
    retryable=True,
    en="The object changed while it was read",
    ar="تغيّر الكائن أثناء قراءته",
)
TOO_LARGE = register(
    "objects.object.too_large",
    status=413,
    en="The object is too large to be written only if absent",
    ar="الكائن أكبر من أن يُكتب بشرط عدم وجوده",
)
UNAVAILABLE = register(
    "objects.server.unavailable",
    status=503,
    retryable=True,
    en="The object store does not work",
    ar="مخزن الكائنات لا يعمل",
)
REFUSED = register(
    "objects.server.refused",
    status=503,
    en="The object store refuses our credentials",
    ar="مخزن الكائنات يرفض بيانات الدخول",
)
TARGET_INVALID = register(
    "objects.target.invalid",
    status=500,
    en="The address of the object store is not valid",
    ar="عنوان مخزن الكائنات غير صالح",
)
STORE_UNUSABLE = register(
    "objects.store.unusable",
    status=500,
    en="The object store was closed, or opened before a fork",
    ar="أُغلق مخزن الكائنات أو فُتح قبل تفرّع العملية",
)
PAST = register(
    "objects.store.past",
    status=409,
    en="The object store is read as it was at an earlier moment",
    ar="يُقرأ مخزن الكائنات كما كان في لحظة سابقة",
)
