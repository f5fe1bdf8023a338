"""Redis, direct or by Sentinel, behind one small interface whose calls hide a failover within a deadline."""

from daraa.stores.redis.client import RedisStore, open_redis
from daraa.stores.redis.interface import KeyValue, Script
from daraa.stores.redis.target import RedisTarget, redis_target

__all__ = ["KeyValue", "RedisStore", "RedisTarget", "Script", "open_redis", "redis_target"]
