"""What demo stores sell: kinds of stores, the category tree and the goods, in both languages and several spellings."""

from typing import NamedTuple


class Words(NamedTuple):
    """The same words in both languages."""

    ar: str
    en: str

    def as_document(self) -> dict[str, str]:
        """As a stored localized text."""
        return {"ar": self.ar, "en": self.en}


class Good(NamedTuple):
    """One sort of product; prices in whole pounds, `choice` names the option its variants differ in ("" means none)."""

    slug: str
    name: Words
    category: str
    unit: str
    least: int
    most: int
    choice: str = ""


class Kind(NamedTuple):
    """A kind of store under one of the roots, with what it sells."""

    slug: str
    name: Words
    root: str
    goods: tuple[Good, ...]


ROOTS: dict[str, Words] = {
    "food": Words("طعام وشراب", "Food and drink"),
    "fashion": Words("أزياء", "Fashion"),
    "home": Words("المنزل", "Home"),
    "electronics": Words("إلكترونيات", "Electronics"),
    "care": Words("عناية وصحة", "Care and health"),
    "books": Words("كتب وقرطاسية", "Books and stationery"),
}

CATEGORIES: dict[str, tuple[str, Words]] = {
    "honey-and-jam": ("food", Words("عسل ومربيات", "Honey and jam")),
    "coffee-and-tea": ("food", Words("قهوة وشاي", "Coffee and tea")),
    "oil-and-olives": ("food", Words("زيت وزيتون", "Oil and olives")),
    "sweets": ("food", Words("حلويات", "Sweets")),
    "bread-and-pastry": ("food", Words("خبز ومعجنات", "Bread and pastry")),
    "spices": ("food", Words("بهارات", "Spices")),
    "menswear": ("fashion", Words("ملابس رجالية", "Menswear")),
    "womenswear": ("fashion", Words("ملابس نسائية", "Womenswear")),
    "shoes": ("fashion", Words("أحذية", "Shoes")),
    "kitchen": ("home", Words("أدوات المطبخ", "Kitchen")),
    "textiles": ("home", Words("مفروشات", "Textiles")),
    "phones": ("electronics", Words("هواتف وملحقاتها", "Phones and accessories")),
    "energy": ("electronics", Words("طاقة شمسية وبطاريات", "Solar power and batteries")),
    "soap": ("care", Words("صابون وعطور", "Soap and perfume")),
    "pharmacy": ("care", Words("مستلزمات صحية", "Health supplies")),
    "books-arabic": ("books", Words("كتب عربية", "Arabic books")),
    "stationery": ("books", Words("قرطاسية", "Stationery")),
}

_GROCERY = (
    Good("honey", Words("عسل", "Honey"), "honey-and-jam", "kg", 900, 2600, "weight"),
    Good("apricot-jam", Words("مربى مشمش", "Apricot jam"), "honey-and-jam", "piece", 180, 420),
    Good("coffee", Words("قهوة", "Coffee"), "coffee-and-tea", "kg", 800, 1900, "weight"),
    Good("coffee-cardamom", Words("قهوه بالهيل", "Coffee with cardamom"), "coffee-and-tea", "pack", 450, 1100),
    Good("tea", Words("شاي", "Tea"), "coffee-and-tea", "pack", 150, 600),
    Good("olive-oil", Words("زيت زيتون", "Olive oil"), "oil-and-olives", "liter", 700, 1500, "weight"),
    Good("green-olives", Words("زيتون أخضر", "Green olives"), "oil-and-olives", "kg", 250, 600),
    Good("zaatar", Words("زعتر", "Zaatar"), "spices", "kg", 300, 800, "weight"),
    Good("sumac", Words("سماق", "Sumac"), "spices", "kg", 280, 700),
)
_BAKERY = (
    Good("baklava", Words("بقلاوة", "Baklava"), "sweets", "kg", 900, 2400, "weight"),
    Good("barazek", Words("برازق", "Barazek"), "sweets", "kg", 500, 1200),
    Good("halawet-jibn", Words("حلاوة الجبن", "Halawet el-jibn"), "sweets", "kg", 600, 1300),
    Good("manakish", Words("مناقيش", "Manakish"), "bread-and-pastry", "piece", 40, 120),
    Good("kaak", Words("كعك بالسمسم", "Sesame kaak"), "bread-and-pastry", "pack", 120, 350),
)
_CLOTHES = (
    Good("shirt", Words("قميص", "Shirt"), "menswear", "piece", 900, 3200, "size"),
    Good("trousers", Words("بنطال", "Trousers"), "menswear", "piece", 1200, 3900, "size"),
    Good("abaya", Words("عباءة", "Abaya"), "womenswear", "piece", 1800, 6500, "size"),
    Good("scarf", Words("شال", "Scarf"), "womenswear", "piece", 300, 1400, "colour"),
    Good("dress", Words("فستان", "Dress"), "womenswear", "piece", 2200, 8200, "size"),
)
_SHOES = (
    Good("sandal", Words("صندل", "Sandal"), "shoes", "piece", 700, 2600, "shoe"),
    Good("sneaker", Words("حذاء رياضي", "Sneaker"), "shoes", "piece", 1500, 6000, "shoe"),
    Good("leather-shoe", Words("حذاء جلدي", "Leather shoe"), "shoes", "piece", 2500, 8000, "shoe"),
)
_HOUSE = (
    Good("coffee-pot", Words("ركوة قهوة", "Coffee pot"), "kitchen", "piece", 350, 1500),
    Good("pressure-pot", Words("طنجرة ضغط", "Pressure pot"), "kitchen", "piece", 2500, 7800),
    Good("copper-tray", Words("صينية نحاس", "Copper tray"), "kitchen", "piece", 1200, 5200),
    Good("blanket", Words("بطانية", "Blanket"), "textiles", "piece", 1600, 5400, "colour"),
    Good("carpet", Words("سجادة", "Carpet"), "textiles", "meter", 2400, 9600),
    Good("cushion", Words("مسند", "Cushion"), "textiles", "piece", 350, 1300, "colour"),
)
_ELECTRONICS = (
    Good("charger", Words("شاحن", "Charger"), "phones", "piece", 300, 1500),
    Good("phone-case", Words("حافظة هاتف", "Phone case"), "phones", "piece", 150, 700, "colour"),
    Good("headphones", Words("سماعة", "Headphones"), "phones", "piece", 500, 4200, "colour"),
    Good("solar-panel", Words("لوح طاقة شمسية", "Solar panel"), "energy", "piece", 9000, 26000),
    Good("battery", Words("بطارية", "Battery"), "energy", "piece", 6000, 21000),
    Good("led-lamp", Words("لمبة ليد", "LED lamp"), "energy", "piece", 80, 400),
)
_CARE = (
    Good("laurel-soap", Words("صابون غار", "Laurel soap"), "soap", "piece", 90, 350),
    Good("rose-water", Words("ماء ورد", "Rose water"), "soap", "liter", 180, 520),
    Good("jasmine-perfume", Words("عطر الياسمين", "Jasmine perfume"), "soap", "piece", 900, 4200),
    Good("thermometer", Words("ميزان حرارة", "Thermometer"), "pharmacy", "piece", 250, 1100),
    Good("bandage", Words("ضماد", "Bandage"), "pharmacy", "pack", 60, 240),
)
_BOOKS = (
    Good("novel", Words("رواية", "Novel"), "books-arabic", "piece", 250, 950),
    Good("poetry", Words("ديوان شعر", "Poetry"), "books-arabic", "piece", 220, 800),
    Good("notebook", Words("دفتر", "Notebook"), "stationery", "piece", 50, 260),
    Good("pens", Words("طقم أقلام", "Set of pens"), "stationery", "pack", 90, 500, "colour"),
)

KINDS: tuple[Kind, ...] = (
    Kind("grocery", Words("بقالة", "Grocery"), "food", _GROCERY),
    Kind("bakery", Words("مخبز وحلويات", "Bakery and sweets"), "food", _BAKERY),
    Kind("clothing", Words("ألبسة", "Clothing"), "fashion", _CLOTHES),
    Kind("shoe-shop", Words("أحذية", "Shoe shop"), "fashion", _SHOES),
    Kind("houseware", Words("أدوات منزلية", "Houseware"), "home", _HOUSE),
    Kind("electronics-shop", Words("محل إلكترونيات", "Electronics shop"), "electronics", _ELECTRONICS),
    Kind("cosmetics", Words("مستحضرات وعطور", "Cosmetics"), "care", _CARE),
    Kind("bookshop", Words("مكتبة", "Bookshop"), "books", _BOOKS),
)

MAKERS: tuple[Words, ...] = (
    Words("احمد", "Ahmad"),
    Words("أحمد", "Ahmad"),
    Words("فاطمة", "Fatima"),
    Words("فاطمه", "Fatima"),
    Words("مصطفى", "Mustafa"),
    Words("مصطفي", "Mustafa"),
    Words("إبراهيم", "Ibrahim"),
    Words("ابراهيم", "Ibrahim"),
    Words("هدى", "Huda"),
    Words("مؤمن", "Moumen"),
    Words("آل سليمان", "Al Sulaiman"),
    Words("حوران", "Hauran"),
    Words("اليرموك", "Yarmouk"),
    Words("بصرى", "Busra"),
    Words("قاسيون", "Qasioun"),
    Words("الغوطة", "Ghouta"),
    Words("بردى", "Barada"),
    Words("نوى", "Nawa"),
    Words("الجيدور", "Jaydur"),
    Words("الميدان", "Midan"),
)
"""Who made a thing. Several are spelt in two ways, as people do: search must find either by either."""

TRAITS: tuple[Words, ...] = (
    Words("بلدي", "local"),
    Words("فاخر", "premium"),
    Words("ممتاز", "select"),
    Words("تقليدي", "traditional"),
    Words("صُنع يدويّ", "handmade"),
    Words("عائلي", "family size"),
    Words("جديد", "new"),
    Words("موديل ٢٠٢٦", "model 2026"),
    Words("موديل 2025", "model 2025"),
)
FOOD_TRAITS: tuple[Words, ...] = (
    *TRAITS[:6],
    Words("موسم ٢٠٢٦", "season 2026"),
    Words("٥٠٠ غ", "500 g"),
    Words("250 غ", "250 g"),
)

CHOICES: dict[str, tuple[Words, ...]] = {
    "weight": (Words("٢٥٠ غ", "250 g"), Words("٥٠٠ غ", "500 g"), Words("١ كغ", "1 kg")),
    "size": (Words("صغير", "S"), Words("وسط", "M"), Words("كبير", "L"), Words("كبير جدا", "XL")),
    "colour": (Words("أحمر", "red"), Words("أزرق", "blue"), Words("أسود", "black")),
    "shoe": (Words("٣٩", "39"), Words("٤١", "41"), Words("٤٣", "43")),
}
"""The options that variants differ in; a good without a choice has one variant."""

FIRST_PRODUCT = (_GROCERY[0], MAKERS[0], TRAITS[0])
"""The very first product is «عسل احمد بلدي», so that a search for «أحمد» always has something to find."""
