"""Applications of ksonnet 0.13: parsing `app.yaml`, and computing parameters."""
