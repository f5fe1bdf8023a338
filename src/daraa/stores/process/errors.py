"""What can go wrong with a child process, by name."""

from daraa.kernel.errors import register

CHILD_MISSING = register(
    "process.child.missing",
    status=500,
    en="A program that Daraa starts is not there",
    ar="برنامج تحتاجه درعا غير موجود",
)
CHILD_DIED = register(
    "process.child.died",
    status=503,
    retryable=True,
    en="A child process ended before it was ready",
    ar="انتهت عملية فرعية قبل أن تصبح جاهزة",
)
CHILD_NOT_READY = register(
    "process.child.not_ready",
    status=503,
    retryable=True,
    en="A child process did not become ready in time",
    ar="لم تصبح العملية الفرعية جاهزة في الوقت المحدد",
)
CHILD_RUNNING = register(
    "process.child.running", status=409, en="The child process already runs", ar="العملية الفرعية تعمل بالفعل"
)
PORT_BUSY = register("process.port.busy", status=503, en="A port is already in use", ar="المنفذ مستخدم من قبل")
DATABASE_MISSING = register(
    "process.database.missing",
    status=503,
    en="There is no database server to start",
    ar="لا يوجد خادم قاعدة بيانات يمكن تشغيله",
)
ADMIN_REFUSED = register(
    "process.database.admin_refused",
    status=503,
    en="The database refuses its administrator's password",
    ar="قاعدة البيانات ترفض كلمة مرور المدير",
)
BOOTSTRAP_FAILED = register(
    "process.database.bootstrap_failed",
    status=503,
    en="The database's first administrator could not be created",
    ar="تعذر إنشاء أول مدير لقاعدة البيانات",
)
REDIS_MISSING = register(
    "process.redis.missing", status=503, en="There is no Redis server to start", ar="لا يوجد خادم Redis يمكن تشغيله"
)
REDIS_TOO_OLD = register(
    "process.redis.too_old",
    status=503,
    en="The Redis server is older than its data",
    ar="خادم Redis أقدم من بياناته",
)
