"""The last stage: bring a cluster to what a rendered branch says, and say how far it is from there.

Read `run.py` (a sync) and `status.py` first. `plan`, `health`, `fields`, `inventory`, `conflicts`, `failure` are pure;
`client` talks to the API server, `kubeconfig` and `plugin` find out how; `kinds`, `world`, `lease` and `wait` use it.
"""
