"""Names of demo people and their telephone numbers, none of which can ring at a real person."""

from daraa.ops.demo.chance import Dice
from daraa.ops.demo.goods import Words

MEN = (
    Words("أحمد", "Ahmad"), Words("محمد", "Mohammad"), Words("خالد", "Khaled"), Words("عمر", "Omar"),
    Words("مصطفى", "Mustafa"), Words("يوسف", "Yousef"), Words("إبراهيم", "Ibrahim"), Words("عبد الله", "Abdullah"),
    Words("حسام", "Husam"), Words("رامي", "Rami"), Words("سامر", "Samer"), Words("ياسر", "Yaser"),
    Words("بلال", "Bilal"), Words("أنس", "Anas"), Words("طارق", "Tareq"), Words("مؤيد", "Moayad"),
)  # fmt: skip
WOMEN = (
    Words("فاطمة", "Fatima"), Words("مريم", "Maryam"), Words("هدى", "Huda"), Words("سلمى", "Salma"),
    Words("رنا", "Rana"), Words("نور", "Nour"), Words("آلاء", "Alaa"), Words("ليلى", "Layla"),
    Words("دعاء", "Duaa"), Words("رؤى", "Ruaa"), Words("سناء", "Sanaa"), Words("عائشة", "Aisha"),
)  # fmt: skip
FAMILIES = (
    Words("الزعبي", "Al-Zoubi"), Words("المقداد", "Al-Miqdad"), Words("الحريري", "Al-Hariri"),
    Words("المحاميد", "Al-Mahamid"), Words("أبازيد", "Abazeid"), Words("المسالمة", "Al-Masalma"),
    Words("الرفاعي", "Al-Rifai"), Words("العمار", "Al-Ammar"), Words("الشامي", "Al-Shami"),
    Words("القباني", "Qabbani"), Words("الميداني", "Al-Midani"), Words("العظم", "Al-Azm"),
    Words("الحلبي", "Al-Halabi"), Words("الصالح", "Al-Saleh"), Words("عرار", "Arar"),
    Words("النابلسي", "Al-Nabulsi"),
)  # fmt: skip

OWNERS, CUSTOMERS, COURIERS, STAFF, STORES, ADMINS = (n * 1_000_000 for n in (1, 2, 3, 4, 5, 6))
"""Where the numbers of each sort of people start."""


def person(dice: Dice) -> Words:
    """A first and a family name."""
    first = dice.pick(MEN if dice.chance(0.6) else WOMEN)
    family = dice.pick(FAMILIES)
    return Words(f"{first.ar} {family.ar}", f"{first.en} {family.en}")


def phone(number: int) -> str:
    """The number-th demo telephone: +963 90 is given to no operator."""
    return f"+96390{number:07d}"
