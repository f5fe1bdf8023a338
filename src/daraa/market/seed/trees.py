"""The first two trees: what products are, and what kinds of stores there are. Slugs are for good, names are not."""

from typing import NamedTuple


class Branch(NamedTuple):
    """A root and what hangs on it, as slug, Arabic and English names."""

    slug: str
    ar: str
    en: str
    leaves: tuple[tuple[str, str, str], ...]


CATEGORIES: tuple[Branch, ...] = (
    Branch("food", "طعام وشراب", "Food and drink", (
        ("fruit-and-vegetables", "خضار وفواكه", "Fruit and vegetables"),
        ("meat-and-fish", "لحوم وأسماك", "Meat and fish"),
        ("dairy-and-eggs", "ألبان وبيض", "Dairy and eggs"),
        ("bread-and-pastry", "خبز ومعجنات", "Bread and pastry"),
        ("sweets", "حلويات", "Sweets"),
        ("oil-and-olives", "زيت وزيتون", "Oil and olives"),
        ("spices", "بهارات", "Spices"),
        ("coffee-and-tea", "قهوة وشاي", "Coffee and tea"),
        ("honey-and-jam", "عسل ومربيات", "Honey and jam"),
        ("meals", "وجبات جاهزة", "Meals"),
    )),
    Branch("fashion", "أزياء", "Fashion", (
        ("menswear", "ملابس رجالية", "Menswear"),
        ("womenswear", "ملابس نسائية", "Womenswear"),
        ("childrenswear", "ملابس أطفال", "Childrenswear"),
        ("shoes", "أحذية", "Shoes"),
    )),
    Branch("home", "المنزل", "Home", (
        ("kitchen", "أدوات المطبخ", "Kitchen"),
        ("textiles", "مفروشات", "Textiles"),
        ("cleaning", "منظفات", "Cleaning"),
        ("tools", "عدد وأدوات", "Tools"),
    )),
    Branch("electronics", "إلكترونيات", "Electronics", (
        ("phones", "هواتف وملحقاتها", "Phones and accessories"),
        ("computers", "حواسيب", "Computers"),
        ("energy", "طاقة شمسية وبطاريات", "Solar power and batteries"),
        ("appliances", "أجهزة منزلية", "Appliances"),
    )),
    Branch("care", "عناية وصحة", "Care and health", (
        ("soap", "صابون وعطور", "Soap and perfume"),
        ("pharmacy", "مستلزمات صحية", "Health supplies"),
        ("baby", "مستلزمات الأطفال", "Baby care"),
    )),
    Branch("books", "كتب وقرطاسية", "Books and stationery", (
        ("books-arabic", "كتب عربية", "Arabic books"),
        ("stationery", "قرطاسية", "Stationery"),
    )),
)  # fmt: skip

KINDS: tuple[Branch, ...] = (
    Branch("food-stores", "طعام وشراب", "Food and drink", (
        ("grocery", "بقالة", "Grocery"),
        ("bakery", "مخبز وحلويات", "Bakery and sweets"),
        ("greengrocer", "خضار وفواكه", "Greengrocer"),
        ("butcher", "ملحمة", "Butcher"),
        ("restaurant", "مطعم", "Restaurant"),
    )),
    Branch("fashion-stores", "أزياء", "Fashion", (
        ("clothing", "ألبسة", "Clothing"),
        ("shoe-shop", "أحذية", "Shoe shop"),
    )),
    Branch("home-stores", "المنزل", "Home", (
        ("houseware", "أدوات منزلية", "Houseware"),
        ("hardware", "عدد ومواد بناء", "Hardware"),
    )),
    Branch("electronics-stores", "إلكترونيات", "Electronics", (
        ("electronics-shop", "محل إلكترونيات", "Electronics shop"),
        ("phone-shop", "محل هواتف", "Phone shop"),
    )),
    Branch("care-stores", "عناية وصحة", "Care and health", (
        ("cosmetics", "مستحضرات وعطور", "Cosmetics"),
        ("pharmacy-store", "صيدلية", "Pharmacy"),
    )),
    Branch("books-stores", "كتب وقرطاسية", "Books and stationery", (
        ("bookshop", "مكتبة", "Bookshop"),
    )),
)  # fmt: skip
