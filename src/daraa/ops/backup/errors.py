"""What can go wrong with backups, by name; whoever adds a verb registers its codes here."""

from daraa.kernel.errors import register

MANIFEST_TAMPERED = register(
    "backup.manifest.tampered",
    status=500,
    en="A signed file of a backup does not match its signature",
    ar="ملف موقّع من النسخة الاحتياطية لا يطابق توقيعه",
)
MANIFEST_UNREADABLE = register(
    "backup.manifest.unreadable",
    status=500,
    en="A signed file of a backup cannot be read",
    ar="تعذّرت قراءة ملف موقّع من النسخة الاحتياطية",
)
BACKUP_UNKNOWN = register(
    "backup.copy.unknown", status=404, en="There is no such backup", ar="لا توجد نسخة احتياطية بهذا الاسم"
)
COPY_UNCLEAR = register(
    "backup.copy.unclear",
    status=409,
    en="It is not clear which backup is the newest good one",
    ar="ليس واضحا أي نسخة احتياطية هي أحدث نسخة سليمة",
)
REPOSITORY_UNKNOWN = register(
    "backup.repository.unknown", status=404, en="There is no such repository", ar="لا يوجد مستودع بهذا الاسم"
)
REPOSITORY_PAST = register(
    "backup.repository.past",
    status=400,
    en="The repository cannot be read as of that moment",
    ar="لا يمكن قراءة المستودع كما كان في تلك اللحظة",
)
LISTING_INCOMPLETE = register(
    "backup.listing.incomplete",
    status=503,
    retryable=True,
    en="The repository could not be listed to its end",
    ar="تعذّر سرد محتوى المستودع بالكامل",
)
PRUNE_UNCONFIRMED = register(
    "backup.prune.unconfirmed",
    status=400,
    en="Nothing was deleted because the repository's name was not given",
    ar="لم يُحذف شيء لأن اسم المستودع لم يُذكر",
)
PRUNE_STALE = register(
    "backup.prune.stale",
    status=409,
    retryable=True,
    en="The repository changed since the plan was made",
    ar="تغيّر المستودع منذ وضع الخطة",
)
