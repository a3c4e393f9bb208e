"""The last stage: bring a cluster to the state of a rendered branch, and report how far it is from that state.

Read `run.py` (a sync) and `status.py` first. `plan`, `health`, `fields`, `inventory`, `conflicts`, `failure` are pure;
`client` talks to the API server, and `kubeconfig` and `plugin` find out how to reach it; `kinds`, `world`, `lease` and
`wait` use the client.
"""
