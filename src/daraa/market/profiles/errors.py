"""What can go wrong with profiles and addresses, by name."""

from daraa.kernel.errors import register

TOO_MANY = register("profiles.addresses.many", status=422, en="Too many addresses", ar="عناوين كثيرة")
FIELD_NEEDED = register("profiles.field.needed", status=422, en="This cannot be taken away", ar="لا يمكن حذف هذا الحقل")
