"""Child processes of the embedded run: how they start, how they are known to be ready, and how they end with us."""

from daraa.stores.process.child import Child
from daraa.stores.process.embedded import EmbeddedDatabase
from daraa.stores.process.embedded_choice import DatabaseChoice, DatabaseKind, choose_database, find_database, kind_in
from daraa.stores.process.embedded_redis import EmbeddedRedis, RedisRole, choose_redis, find_redis
from daraa.stores.process.ports import bind_listener, port_is_free, require_free_port, who_holds
from daraa.stores.process.tools import find_tool, tools_folder

__all__ = [
    "Child",
    "DatabaseChoice",
    "DatabaseKind",
    "EmbeddedDatabase",
    "EmbeddedRedis",
    "RedisRole",
    "bind_listener",
    "choose_database",
    "choose_redis",
    "find_database",
    "find_redis",
    "find_tool",
    "kind_in",
    "port_is_free",
    "require_free_port",
    "tools_folder",
    "who_holds",
]
