"""What can go wrong between us and Redis, by name."""

from daraa.kernel.errors import register

UNAVAILABLE = register(
    "redis.server.unavailable", status=503, retryable=True, en="Redis does not answer", ar="خادم Redis لا يستجيب"
)
REFUSED = register(
    "redis.server.refused", status=503, en="Redis refuses our credentials", ar="خادم Redis يرفض بيانات الدخول"
)
COMMAND_REFUSED = register("redis.command.refused", status=500, en="Redis refuses a command", ar="خادم Redis يرفض أمراً")
TARGET_INVALID = register(
    "redis.target.invalid", status=500, en="The address of Redis is not valid", ar="عنوان خادم Redis غير صالح"
)
