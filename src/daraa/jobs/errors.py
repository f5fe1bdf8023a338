"""What can go wrong when things are to run."""

from daraa.kernel.errors import register

JOB_UNKNOWN = register("jobs.job.unknown", status=404, en="There is no such job", ar="لا توجد مهمة بهذا الاسم")
JOB_BUSY = register(
    "jobs.job.busy", status=409, retryable=True, en="The job is running already", ar="المهمة قيد التنفيذ"
)
JOB_TOO_LONG = register("jobs.job.too_long", status=500, en="The job took too long", ar="استغرقت المهمة وقتا طويلا")
LEASE_LOST = register(
    "jobs.lease.lost", status=409, retryable=True, en="Another process holds the lease", ar="انتقل الحجز إلى عملية أخرى"
)
EVENT_UNCLAIMED = register(
    "jobs.event.unclaimed", status=500, en="Nobody consumes this kind of event", ar="لا مستهلك لهذا الحدث"
)
EVENT_NOT_PARKED = register("jobs.event.not_parked", status=409, en="The event is not parked", ar="الحدث ليس معلقا")
BACKUP_DUTY_FAILED = register(
    "jobs.backup.failed", status=500, en="A backup duty failed", ar="فشلت مهمة من مهام النسخ الاحتياطي"
)
