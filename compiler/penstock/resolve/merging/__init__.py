"""Strategic merge patches and JSON 6902 patches, applied to plain trees."""
