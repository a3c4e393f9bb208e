"""`penstock.yaml`: the settings of a repository for its targets and environments. It is pure data and checked
strictly.
"""
