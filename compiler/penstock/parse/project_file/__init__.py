"""`penstock.yaml`: what a repository says about its targets and environments. Pure data, read strictly."""
