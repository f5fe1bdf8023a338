"""Speaks to each member of a replica set by itself, because an index may stand on one and be missing on another."""

from collections.abc import AsyncIterator

from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.schema_commands import data_members


async def each_other_member(mongo: Mongo) -> AsyncIterator[tuple[str, Mongo]]:
    """Every data-bearing member but the primary, as `host:port` and a direct connection; none when there is one."""
    hosts = await data_members(mongo)
    if len(hosts) < 2:
        return
    primary = await mongo.client.primary
    here = f"{primary[0]}:{primary[1]}" if primary else ""
    for host in hosts:
        if host != here:
            member = mongo.directly_to(host)
            try:
                yield host, member
            finally:
                await member.close()
