"""The one part of a compile that fetches: repositories, files and charts that the sources name by address.

The rest of Penstock sees `Remotes` (`remotes.py`). Everything that comes from outside is stored under its identity (a
commit id, or a SHA-256) and checked against it each time it is read, so neither a server nor the cache has to be
trusted.
"""
