"""What can go wrong with accounts, by name."""

from daraa.kernel.errors import DaraaError, register

CODE_REFUSED = register("accounts.code.refused", status=401, en="The code is not valid", ar="رمز التحقق غير صالح")
CODE_UNSENT = register(
    "accounts.code.unsent", status=503, retryable=True, en="The code could not be sent", ar="تعذر إرسال الرمز"
)
LOGIN_REFUSED = register("accounts.login.refused", status=401, en="The login was refused", ar="رفض تسجيل الدخول")
REFRESH_REFUSED = register("accounts.refresh.refused", status=401, en="Log in again", ar="سجل الدخول من جديد")
ADDRESS_LIMITED = register(
    "accounts.address.limited", status=429, retryable=True, en="Too many tries from here", ar="محاولات كثيرة من هنا"
)
SUSPENDED = register("accounts.account.suspended", status=403, en="This account is suspended", ar="هذا الحساب موقوف")
CLOSED = register("accounts.account.closed", status=403, en="This account is closed", ar="هذا الحساب مغلق")
STATE_CONFLICT = register(
    "accounts.state.conflict", status=409, en="The account is not in that state", ar="حالة الحساب لا تسمح بذلك"
)
UNTIL_PAST = register("accounts.until.past", status=422, en="This time is over", ar="هذا الوقت قد مضى")
SELF_FORBIDDEN = register(
    "accounts.self.forbidden", status=422, en="Not on your own account", ar="لا يمكنك ذلك على حسابك"
)
NOT_REMOVABLE = register(
    "accounts.field.needed", status=422, en="This cannot be taken away", ar="لا يمكن حذف هذا الحقل"
)
PASSWORD_WEAK = register("accounts.password.weak", status=422, en="Choose another password", ar="اختر كلمة مرور أخرى")
ADMIN_EXISTS = register("accounts.admin.exists", status=409, en="This person is an admin", ar="هذا الشخص مدير")


def code_refused() -> DaraaError:
    """The one answer for a wrong, spent, outdated, never sent and too often tried code."""
    return DaraaError(
        CODE_REFUSED,
        "This code is not valid for this number.",
        hint="Ask for a new code.",
        ar="الرمز غير صالح لهذا الرقم؛ اطلب رمزا جديدا.",
    )


def login_refused() -> DaraaError:
    """The one answer for an unknown number, a wrong password, an account without one and a locked account."""
    return DaraaError(
        LOGIN_REFUSED,
        "The number or the password is wrong, or there were too many tries.",
        hint="Try again in 15 minutes, or log in by a code.",
        ar="الرقم أو كلمة المرور غير صحيحة أو كثرت المحاولات؛ حاول بعد 15 دقيقة أو ادخل برمز.",
    )


def refresh_refused() -> DaraaError:
    """The one answer for every refresh token that does not hold (any more)."""
    return DaraaError(
        REFRESH_REFUSED,
        "This refresh token does not hold.",
        hint="Log in again.",
        ar="رمز التجديد غير صالح؛ سجل الدخول من جديد.",
    )
