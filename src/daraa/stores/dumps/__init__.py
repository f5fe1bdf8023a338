"""Dumps as MongoDB's own tools write and read them: a folder or an archive, compressed or not.

The facts about the formats come from the descriptions and sources of mongodb/mongo-tools (common/archive/spec.md,
mongodump, mongorestore; read in November 2026). Nothing here speaks to a server.
"""
