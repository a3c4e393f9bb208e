"""The one place of a compile that fetches: repositories and files that kustomizations name by address.

`Remotes` (`remotes.py`) is what the rest of Penstock sees. Everything that comes from outside is stored by what it
is (a commit id, a SHA-256) and checked against that each time it is read, so neither a server nor the cache is trusted.
"""
