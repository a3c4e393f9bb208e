"""Applications of ksonnet 0.13: what `app.yaml` says, and what their parameters come to."""
